import subprocess
import sys
from pathlib import Path

import pytest

from integrations.gateway_simulator.client import Backend
from integrations.gateway_simulator.tests.stage import Simulator, Stage, open_stage
from integrations.wire import Limits
from kernel import outbox

ROOT = Path(__file__).resolve().parents[3]


def started(folder: Path, *more: str) -> Simulator:
    command = [sys.executable, "-m", "integrations.gateway_simulator", "--port", "0", "--state", str(folder / "gateway.db"), "--hang", "2", *more]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    assert line.startswith("ready on"), line
    return Simulator(process=process, port=int(line.split()[-1]))


@pytest.fixture(scope="session")
def simulator(tmp_path_factory):
    running = started(tmp_path_factory.mktemp("gateway"))
    yield running
    running.end()


@pytest.fixture
def at_simulator(settings, monkeypatch):
    """Payments go to the simulator at this address."""

    def point(running: Simulator) -> None:
        settings.GATEWAY_SIMULATOR_URL = running.url
        settings.GATEWAY_SIMULATOR_SECRET = "simulator-only"
        settings.PAYMENT_BACKENDS = {"simulator": "integrations.gateway_simulator.client.Backend"}
        monkeypatch.setattr(Backend, "limits", Limits(connect=2, read=1, total=5))

    return point


@pytest.fixture
def stage(db, simulator, at_simulator) -> Stage:
    at_simulator(simulator)
    return open_stage(simulator)


@pytest.fixture
def told(monkeypatch):
    """The events that were recorded, by type."""
    seen = []
    record = outbox.record
    monkeypatch.setattr(outbox, "record", lambda event, **more: (seen.append(event), record(event, **more))[1])
    return seen
