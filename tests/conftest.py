from collections.abc import Iterator

import pytest

from tests.stack import Stack, free_port, launch_browser


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole product with the demo shop and the AWS emulator, started once for all journeys."""
    running = Stack(var=tmp_path_factory.mktemp("stack") / "var", port=free_port(), arguments=("--aws-local",))
    running.furnished().start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    with launch_browser() as launched:
        yield launched
