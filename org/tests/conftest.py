import pytest

from org.tests.cast import Cast, open_shop


@pytest.fixture
def cast(db) -> Cast:
    return open_shop()
