"""What a program can ask the catalogue for."""

import graphene

from catalog import queries
from catalog.queries import sight_of
from catalog.schema.lists import CategoryInTree, Collection, CollectionConnection, ProductConnection, ProductFilter, ProductSort, facets_of, page_info
from catalog.schema.names import local_id, one_of
from catalog.schema.products import Product, Variant, remember
from org.doors import allowed
from org.paging import cursor, page_size, plain_text, position


class Query:
    products = graphene.Field(
        ProductConnection,
        required=True,
        description="Keys see what is active and priced in their channel's currency; staff see everything.",
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
        search=graphene.String(description="Words as they are typed, part of a SKU, or a whole GTIN."),
        category=graphene.String(description="A category's code; those below it count too."),
        filter=graphene.Argument(ProductFilter),
        sort=graphene.Argument(ProductSort, description="By relevance with words and by name without, unless told."),
    )
    product = graphene.Field(
        Product, id=graphene.ID(), handle=graphene.String(), description="Give one of the arguments. A handle of earlier days leads to it, too."
    )
    variant = graphene.Field(
        Variant, id=graphene.ID(), sku=graphene.String(), gtin=graphene.String(), description="Give one of the arguments; a scanned code is a gtin."
    )
    categories = graphene.List(
        graphene.NonNull(CategoryInTree), required=True, description="The whole tree in order. Keys see those that hold something for their channel."
    )
    collections = graphene.Field(
        CollectionConnection,
        required=True,
        description="In the shop's order. Keys see those that hold something for their channel.",
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
    )
    collection = graphene.Field(Collection, code=graphene.String(required=True))

    @allowed("catalog:read", shelved=True)
    def resolve_products(root, info, first=None, after=None, search=None, category=None, filter=None, sort=None):
        asked = queries.asked(
            words=search or "",
            filters=facets_of(category, filter or {}),
            price_from=(filter or {}).get("price_from"),
            price_to=(filter or {}).get("price_to"),
            sort=sort.value if sort else "",
            first=page_size(first, field="first"),
            after=after,
        )
        asking = info.context
        listed = queries.products(sight=sight_of(asking.principal), asked=asked, now=asking.now, tables=asking.tables, short=asking.short)
        remember(info, [product for _, product in listed.rows], listed.version)
        if listed.missed:
            asking.later.append(listed.missed)
        return {"listed": listed, "asked": asked}

    @allowed("catalog:read", shelved=True)
    def resolve_product(root, info, id=None, handle=None):
        one_of(id=id, handle=handle)
        asking, id = info.context, local_id("Product", id)
        handle = plain_text(handle, field="handle")
        found = queries.product(sight=sight_of(asking.principal), now=asking.now, id=id, handle=handle, tables=asking.tables)
        remember(info, [found.product], found.version)
        return found.product

    @allowed("catalog:read", shelved=True)
    def resolve_variant(root, info, id=None, sku=None, gtin=None):
        one_of(id=id, sku=sku, gtin=gtin)
        found = queries.variant(
            sight=sight_of(info.context.principal),
            now=info.context.now,
            id=local_id("Variant", id),
            sku=plain_text(sku, field="sku", longest=60),
            gtin=plain_text(gtin, field="gtin", longest=60),
            tables=info.context.tables,
        )
        remember(info, [found.product], found.version)
        return found.variant

    @allowed("catalog:read")
    def resolve_categories(root, info):
        return queries.categories(sight=sight_of(info.context.principal))

    @allowed("catalog:read")
    def resolve_collections(root, info, first=None, after=None):
        place = position(after, int, int, field="after")
        page = queries.collections(sight=sight_of(info.context.principal), first=page_size(first, field="first"), after=place)
        edges = [{"cursor": cursor(one["position"], one["id"]), "node": one} for one in page.items]
        ends = (edges[0]["cursor"], edges[-1]["cursor"]) if edges else (None, None)
        return {"edges": edges, "nodes": page.items, "page_info": page_info(more=page.more, after=after, ends=ends)}

    @allowed("catalog:read")
    def resolve_collection(root, info, code):
        return queries.collection(sight=sight_of(info.context.principal), code=plain_text(code, field="code", longest=60))
