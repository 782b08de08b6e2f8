"""Lists and what they are narrowed by."""

import graphene

from catalog import queries
from catalog.lines import Line
from catalog.queries import cursor_of, sight_of
from catalog.schema.names import language, translated
from catalog.schema.products import Product
from kernel.errors import Invalid
from org.doors import allowed


class PageInfo(graphene.ObjectType):
    has_next_page = graphene.Boolean(required=True)
    has_previous_page = graphene.Boolean(required=True)
    start_cursor = graphene.String()
    end_cursor = graphene.String()


class FacetValue(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)
    count = graphene.Int(required=True, description="How many the list would hold with it.")
    chosen = graphene.Boolean(required=True)


class Facet(graphene.ObjectType):
    code = graphene.String(required=True, description="category, brand, type, tag, life_cycle, collection, promotion or attribute.<code>")
    name = graphene.String(required=True)
    values = graphene.List(graphene.NonNull(FacetValue), required=True)


class ProductEdge(graphene.ObjectType):
    cursor = graphene.String(required=True)
    node = graphene.Field(Product, required=True)


class ProductConnection(graphene.ObjectType):
    edges = graphene.List(graphene.NonNull(ProductEdge), required=True)
    nodes = graphene.List(graphene.NonNull(Product), required=True)
    page_info = graphene.Field(PageInfo, required=True)
    facets = graphene.List(graphene.NonNull(Facet), required=True, description="What the whole list can be narrowed by.")
    total_count = graphene.Int(required=True, description="How many there are in all, counted to 10000 and no further.")
    corrected = graphene.String(description="The words that were looked for instead of those given, when nothing has those.")

    def resolve_edges(connection, info):
        return [{"cursor": cursor_of(place), "node": product} for place, product in connection["listed"].rows]

    def resolve_nodes(connection, info):
        products = [product for _, product in connection["listed"].rows]
        # What is no list is made as a whole where there is a way for it (commerce.compiled).
        return tuple(products) if products and products[0].__class__ is Line else products

    def resolve_page_info(connection, info):
        listed = connection["listed"]
        ends = (cursor_of(listed.rows[0][0]), cursor_of(listed.rows[-1][0])) if listed.rows else (None, None)
        return page_info(more=listed.more, after=connection["asked"].after, ends=ends)

    @allowed("catalog:read", shelved=True)
    def resolve_facets(connection, info):
        return queries.facets(sight=sight_of(info.context.principal), asked=connection["asked"], now=info.context.now)

    @allowed("catalog:read", shelved=True)
    def resolve_total_count(connection, info):
        return queries.total(sight=sight_of(info.context.principal), asked=connection["asked"], now=info.context.now)

    def resolve_corrected(connection, info):
        return connection["listed"].corrected


class Described(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True, language=language())
    description = graphene.String(required=True, language=language(), description="HTML of a few plain elements.")
    seo_title = graphene.String(required=True, language=language())
    seo_description = graphene.String(required=True, language=language())

    resolve_name = translated("name")
    resolve_description = translated("description")
    resolve_seo_title = translated("seo_title")
    resolve_seo_description = translated("seo_description")


class CategoryInTree(Described):
    """One row of the tree, each below its parent."""

    parent = graphene.String(description="The code of the category it stands in; null at the top.")
    level = graphene.Int(required=True, description="1 at the top.")


class Collection(Described):
    """Products put together; they are found by products(filter: {collections: [code]})."""


class CollectionEdge(graphene.ObjectType):
    cursor = graphene.String(required=True)
    node = graphene.Field(Collection, required=True)


class CollectionConnection(graphene.ObjectType):
    edges = graphene.List(graphene.NonNull(CollectionEdge), required=True)
    nodes = graphene.List(graphene.NonNull(Collection), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class ProductSort(graphene.Enum):
    NAME = "name"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    NEWEST = "newest"
    RELEVANCE = "relevance"


class AttributeFilter(graphene.InputObjectType):
    code = graphene.String(required=True)
    values = graphene.List(graphene.NonNull(graphene.String), required=True, description="Codes of choices; true or false.")


class ProductFilter(graphene.InputObjectType):
    """Each part must hold, each by any of its values. Prices in minor units of the channel's currency."""

    categories = graphene.List(graphene.NonNull(graphene.String), description="With those below them.")
    brands = graphene.List(graphene.NonNull(graphene.String))
    types = graphene.List(graphene.NonNull(graphene.String))
    tags = graphene.List(graphene.NonNull(graphene.String))
    life_cycles = graphene.List(graphene.NonNull(graphene.String))
    collections = graphene.List(graphene.NonNull(graphene.String))
    promotions = graphene.List(graphene.NonNull(graphene.String), description="Codes as badges have them. Staff find nothing by it.")
    attributes = graphene.List(graphene.NonNull(AttributeFilter))
    price_from = graphene.BigInt()
    price_to = graphene.BigInt()


# What a part of a filter is called among the facets.
PARTS = {
    "categories": "category",
    "brands": "brand",
    "types": "type",
    "tags": "tag",
    "life_cycles": "life_cycle",
    "collections": "collection",
    "promotions": "promotion",
}


def facets_of(category, filter):
    chosen = {facet: filter.get(name) or [] for name, facet in PARTS.items()}
    if category:
        if chosen["category"]:
            raise Invalid("Give category or filter.categories, not both.", field="category")
        chosen["category"] = [category]
    for attribute in filter.get("attributes") or ():
        chosen[f"attribute.{attribute['code']}"] = attribute["values"]
    return chosen


def page_info(*, more, after, ends):
    return {"has_next_page": more, "has_previous_page": bool(after), "start_cursor": ends[0], "end_cursor": ends[1]}
