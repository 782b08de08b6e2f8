import pytest

from inventory.tests.stockroom import Stockroom, stock_up


@pytest.fixture
def room(db) -> Stockroom:
    return stock_up()
