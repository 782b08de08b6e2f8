"""The catalogue through GraphQL. Every list reads what the operation selects in one statement (catalog.queries)."""

from uuid import UUID

import graphene
from graphql_relay import from_global_id, to_global_id

from catalog import queries
from catalog.gtin import shown
from kernel.errors import Invalid, NotFound
from kernel.money import format_amount
from org.access import Principal
from org.doors import allowed
from org.paging import cursor, page_size, plain_text, position
from org.selection import selects


class PageInfo(graphene.ObjectType):
    has_next_page = graphene.Boolean(required=True)
    has_previous_page = graphene.Boolean(required=True)
    start_cursor = graphene.String()
    end_cursor = graphene.String()


class Money(graphene.ObjectType):
    amount = graphene.BigInt(required=True, description="Minor units: 1230 EUR is 12.30.")
    currency = graphene.String(required=True)
    formatted = graphene.String(required=True, description="A plain decimal such as 12.30, whatever the language.")

    def resolve_formatted(money, info):
        return format_amount(money.amount, money.currency)


class Price(graphene.ObjectType):
    amount = graphene.BigInt(required=True, description="Minor units for price_quantity thousandths of the variant's unit, tax included.")
    currency = graphene.String(required=True)
    formatted = graphene.String(required=True)
    price_quantity = graphene.Int(required=True, description="1000 is one piece or one kilogram.")

    def resolve_formatted(price, info):
        return format_amount(price.amount, price.currency)


class TaxClass(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)
    rate = graphene.Int(required=True, description="Parts per million: 190000 is 19%.")


class Category(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)


class NetContent(graphene.ObjectType):
    quantity = graphene.BigInt(required=True, description="Thousandths of the unit: 750 of l is 0.75 l.")
    unit = graphene.String(required=True)


class VariantOption(graphene.ObjectType):
    name = graphene.String(required=True)
    value = graphene.String(required=True)


class Variant(graphene.ObjectType):
    id = graphene.ID(required=True)
    product = graphene.Field(lambda: Product, required=True)
    sku = graphene.String(required=True)
    name = graphene.String(required=True)
    options = graphene.List(graphene.NonNull(VariantOption), required=True)
    net_content = graphene.Field(NetContent)
    sold_by = graphene.String(required=True, description="each or weight")
    archived = graphene.Boolean(required=True)
    gtins = graphene.List(graphene.NonNull(graphene.String), required=True, description="As printed on the pack: 8, 12, 13 or 14 digits.")
    prices = graphene.List(graphene.NonNull(Price), required=True)

    def resolve_id(variant, info):
        return to_global_id("Variant", variant.id)

    def resolve_options(variant, info):
        return [VariantOption(name=name, value=str(value)) for name, value in variant.options.items()]

    def resolve_net_content(variant, info):
        return NetContent(quantity=variant.net_content, unit=variant.net_unit) if variant.net_content is not None else None

    def resolve_gtins(variant, info):
        return [shown(gtin) for gtin in variant.gtins]


class Product(graphene.ObjectType):
    id = graphene.ID(required=True)
    handle = graphene.String(required=True)
    name = graphene.String(required=True)
    description = graphene.String(required=True)
    brand = graphene.String(required=True)
    status = graphene.String(required=True, description="draft, active or archived; keys see active ones only")
    tile = graphene.String(required=True, description="Name of the drawn tile; empty: show the initials.")
    image_url = graphene.String(required=True)
    tax_class = graphene.Field(TaxClass, required=True)
    category = graphene.Field(Category)
    variants = graphene.List(graphene.NonNull(Variant), required=True)

    def resolve_id(product, info):
        return to_global_id("Product", product.id)


class ProductEdge(graphene.ObjectType):
    cursor = graphene.String(required=True)
    node = graphene.Field(Product, required=True)

    def resolve_cursor(product, info):
        return place_of(product)

    def resolve_node(product, info):
        return product


class ProductConnection(graphene.ObjectType):
    edges = graphene.List(graphene.NonNull(ProductEdge), required=True)
    nodes = graphene.List(graphene.NonNull(Product), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class Query:
    products = graphene.Field(
        ProductConnection,
        required=True,
        description="By name. Keys see what is active and priced in their channel's currency; staff see everything.",
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
        search=graphene.String(description="Words of the name, part of a SKU, or a whole GTIN."),
        category=graphene.String(description="A category's code; those below it count too."),
    )
    product = graphene.Field(Product, id=graphene.ID(), handle=graphene.String(), description="Give one of the arguments.")
    variant = graphene.Field(
        Variant, id=graphene.ID(), sku=graphene.String(), gtin=graphene.String(), description="Give one of the arguments; a scanned code is a gtin."
    )

    @allowed("catalog:read")
    def resolve_products(root, info, first=None, after=None, search=None, category=None):
        page = queries.products(
            sight=sight_of(info.context.principal),
            first=page_size(first, field="first"),
            after=position(after, str, UUID, field="after"),
            search=plain_text(search, field="search", longest=100),
            category=plain_text(category, field="category", longest=60),
            wanted=wanted_below(info, ("edges", "node", "variants"), ("nodes", "variants")),
        )
        remember(info, page.items)
        return connection_of(page, after=after)

    @allowed("catalog:read")
    def resolve_product(root, info, id=None, handle=None):
        one_of(id=id, handle=handle)
        sight = sight_of(info.context.principal)
        wanted = wanted_below(info, ("variants",))
        found = queries.product(sight=sight, id=local_id("Product", id), handle=plain_text(handle, field="handle"), wanted=wanted)
        remember(info, [found])
        return found

    @allowed("catalog:read")
    def resolve_variant(root, info, id=None, sku=None, gtin=None):
        one_of(id=id, sku=sku, gtin=gtin)
        found = queries.variant(
            sight=sight_of(info.context.principal),
            id=local_id("Variant", id),
            sku=plain_text(sku, field="sku", longest=60),
            gtin=plain_text(gtin, field="gtin", longest=60),
            wanted=wanted_below(info, (), ("product", "variants")),
        )
        remember(info, [found.product])
        return found


def sight_of(principal: Principal) -> queries.Sight:
    """A key sees its channel's offer; staff see all there is."""
    return queries.Sight(currency=principal.channel.currency if principal.channel else None)


def wanted_below(info, *paths):
    """What to read of the variants, wherever in the operation they are selected."""
    return queries.Wanted(
        variants=any(selects(info, *path) for path in paths),
        gtins=any(selects(info, *path, "gtins") for path in paths),
        prices=any(selects(info, *path, "prices") for path in paths),
    )


def remember(info, products):
    """For fields that apps above add to a variant: they load for all of these at once."""
    read = info.context.memo.setdefault("catalog.variants", {})
    read.update({variant.id: variant for product in products for variant in product.variants})


def variants_read(info) -> list[UUID]:
    return list(info.context.memo.get("catalog.variants", ()))


def connection_of(page, *, after):
    ends = (place_of(page.items[0]), place_of(page.items[-1])) if page.items else (None, None)
    info = PageInfo(has_next_page=page.more, has_previous_page=bool(after), start_cursor=ends[0], end_cursor=ends[1])
    return ProductConnection(edges=page.items, nodes=page.items, page_info=info)


def place_of(product: queries.ProductRow) -> str:
    return cursor(product.sort_key, product.id)


def one_of(**names) -> None:
    given = [name for name, value in names.items() if value]
    if len(given) != 1:
        raise Invalid(f"Give exactly one of {', '.join(names)}.", field=next(iter(names)))


def local_id(kind: str, text: str | None) -> UUID | None:
    """The UUID behind a global id; a bare UUID, as REST has it, is as good. One that cannot exist is simply not found."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        pass
    try:
        named, id = from_global_id(text)
        if named == kind:
            return UUID(id)
    except (ValueError, UnicodeDecodeError):
        pass
    raise NotFound(f"There is no such {kind.lower()}.")
