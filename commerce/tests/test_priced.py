"""A basket through GraphQL: the quick way of answering and the slow one."""

from catalog.tests.test_preview import PREVIEW, shop, wanted  # noqa: F401  # the shop's fixture
from catalog.tests.test_pricebook import cast  # noqa: F401  # and what it stands on
from commerce.graphql import executed, prepared
from commerce.schema import schema
from org.access import Principal
from org.doors import Asking
from org.models import ApiKey
from org.tests.cast import NOW
from org.tests.doorstep import key


def test_the_quick_way_answers_a_basket_as_the_slow_one_does(shop):  # noqa: F811
    key(shop.stores, "catalog:read")
    asking = Asking(principal=Principal(kind="key", channel=shop.stores, scopes=frozenset({"catalog:read"}), key=ApiKey.objects.get()), now=NOW)
    found = prepared(schema.graphql_schema, PREVIEW, None, introspection=False)
    variables = {"input": wanted("TEA", "COLA", quantity=2000, store="northside")}
    told = found.plan.ready(variables).run(asking)
    assert told["basketPreview"]["totals"]["discount"] == 140
    assert executed(found, variables, asking.afresh()).data == told
