import pytest

from kernel import outbox


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    """Only the subscribers a test registers itself."""
    monkeypatch.setattr(outbox, "_subscribers", {})
