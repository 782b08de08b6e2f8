"""The catalogue through GraphQL: documents (catalog.documents) in the shape a program asks for."""

from catalog.schema.lists import PageInfo
from catalog.schema.names import global_id, local_id, one_of
from catalog.schema.pricing import PriceQuery
from catalog.schema.products import Money, Variant, variants_read
from catalog.schema.reading import Query

__all__ = ["Money", "PageInfo", "PriceQuery", "Query", "Variant", "global_id", "local_id", "one_of", "variants_read"]
