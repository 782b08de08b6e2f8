"""The catalogue through GraphQL: documents (catalog.documents) in the shape a program asks for."""

from base64 import b64encode
from datetime import date, datetime
from uuid import UUID

import graphene
from graphql_relay import from_global_id

from catalog import queries
from catalog.gtin import shown
from catalog.queries import sight_of
from catalog.telling import media_url, unit_price_of
from kernel.errors import Invalid, NotFound
from kernel.money import format_amount
from org.doors import allowed
from org.paging import page_size, plain_text

ENGLISH_OR_OWN = "Without it, or where nobody translated: as the shop wrote it."


class PageInfo(graphene.ObjectType):
    has_next_page = graphene.Boolean(required=True)
    has_previous_page = graphene.Boolean(required=True)
    start_cursor = graphene.String()
    end_cursor = graphene.String()


class Language(graphene.Enum):
    EN = "en"
    DE = "de"
    FR = "fr"


def language():
    return graphene.Argument(Language, description=ENGLISH_OR_OWN)


def said(thing, name, language):
    """A text of a document in this language, or as it was written."""
    if language is None:
        return thing[name]
    return (thing["translations"].get(language.value) or {}).get(name) or thing[name]


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
        return format_amount(price["amount"], price["currency"])


class UnitPrice(graphene.ObjectType):
    amount = graphene.BigInt(required=True, description="Minor units for one kg, l or piece of what is in the pack, tax included.")
    currency = graphene.String(required=True)
    formatted = graphene.String(required=True)
    unit = graphene.String(required=True, description="kg, l or piece")


class TaxClass(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)
    rate = graphene.Int(required=True, description="Parts per million: 190000 is 19%.")


class Category(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True, language=language())

    def resolve_name(category, info, language=None):
        return said(category, "name", language)


class ProductType(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)


class CollectionName(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True, language=language())

    def resolve_name(collection, info, language=None):
        return said(collection, "name", language)


class AttributeChoice(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True, language=language())

    def resolve_name(choice, info, language=None):
        return said(choice, "name", language)


class ProductAttribute(graphene.ObjectType):
    """One fact about a product. Which field holds its value depends on its kind; the others are null."""

    code = graphene.String(required=True)
    name = graphene.String(required=True, language=language())
    kind = graphene.String(required=True, description="text, number, choice, multi_choice, boolean, date or measurement")
    unit = graphene.String(required=True, description="Of a number or measurement; empty when it has none.")
    text = graphene.String()
    number = graphene.BigInt(description="Thousandths of the unit.")
    boolean = graphene.Boolean()
    date = graphene.Date()
    choices = graphene.List(graphene.NonNull(AttributeChoice), required=True)

    def resolve_name(attribute, info, language=None):
        return said(attribute, "name", language)

    def resolve_unit(attribute, info):
        return attribute["value"].get("unit", "") if attribute["kind"] == "measurement" else attribute["unit"]

    def resolve_text(attribute, info):
        return attribute["value"] if attribute["kind"] == "text" else None

    def resolve_number(attribute, info):
        if attribute["kind"] == "measurement":
            return attribute["value"].get("value")
        return attribute["value"] if attribute["kind"] == "number" else None

    def resolve_boolean(attribute, info):
        return attribute["value"] if attribute["kind"] == "boolean" else None

    def resolve_date(attribute, info):
        return date.fromisoformat(attribute["value"]) if attribute["kind"] == "date" else None


class Rendition(graphene.ObjectType):
    url = graphene.String(required=True)
    width = graphene.Int(required=True)
    height = graphene.Int(required=True)

    def resolve_url(rendition, info):
        return media_url(rendition["file"])


class Picture(graphene.ObjectType):
    url = graphene.String(required=True, description="As uploaded, without what the camera noted.")
    alt = graphene.String(required=True, description="What is to be seen, for those who do not see it.")
    variant_id = graphene.ID(description="The variant it shows; empty: the product.")
    width = graphene.Int(required=True)
    height = graphene.Int(required=True)
    focal_x = graphene.Int(required=True, description="What stays in sight when it is cut: thousandths from the left.")
    focal_y = graphene.Int(required=True, description="Thousandths from the top.")
    renditions = graphene.List(graphene.NonNull(Rendition), required=True, description="Smaller copies, smallest first.")

    def resolve_url(picture, info):
        return media_url(picture["file"])

    def resolve_variant_id(picture, info):
        return global_id("Variant", picture["variant"]) if picture["variant"] else None

    def resolve_renditions(picture, info):
        return sorted(picture["renditions"], key=lambda copy: copy["width"])


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
    name = graphene.String(required=True, language=language())
    options = graphene.List(graphene.NonNull(VariantOption), required=True)
    net_content = graphene.Field(NetContent)
    sold_by = graphene.String(required=True, description="each or weight")
    archived = graphene.Boolean(required=True)
    gtins = graphene.List(graphene.NonNull(graphene.String), required=True, description="As printed on the pack: 8, 12, 13 or 14 digits.")
    prices = graphene.List(graphene.NonNull(Price), required=True)
    unit_price = graphene.Field(
        UnitPrice,
        currency=graphene.String(description="Of the price to go by; without it, of the first."),
        description="What one kg, l or piece costs; null when nobody said how much is in it.",
    )
    deposit_sku = graphene.String(description="The SKU of the deposit that is charged with it.")

    def resolve_id(variant, info):
        return global_id("Variant", variant["id"])

    def resolve_product(variant, info):
        return product_of(variant, info)

    def resolve_name(variant, info, language=None):
        return said(variant, "name", language)

    def resolve_options(variant, info):
        return [{"name": name, "value": str(value)} for name, value in variant["options"].items()]

    def resolve_net_content(variant, info):
        return {"quantity": variant["net_content"], "unit": variant["net_unit"]} if variant["net_content"] is not None else None

    def resolve_gtins(variant, info):
        return [shown(gtin) for gtin in variant["gtins"]]

    def resolve_unit_price(variant, info, currency=None):
        return unit_price_of(variant, currency)


class Product(graphene.ObjectType):
    id = graphene.ID(required=True)
    handle = graphene.String(required=True)
    name = graphene.String(required=True, language=language())
    description = graphene.String(required=True, language=language(), description="HTML of a few plain elements.")
    brand = graphene.String(required=True)
    brand_code = graphene.String()
    status = graphene.String(required=True, description="draft, active or archived; keys see active ones only")
    life_cycle = graphene.String(required=True, description="planned, active, run_down or delisted")
    tile = graphene.String(required=True, description="Name of the drawn tile; empty: show the initials.")
    image_url = graphene.String(required=True)
    pictures = graphene.List(graphene.NonNull(Picture), required=True)
    tax_class = graphene.Field(TaxClass, required=True)
    category = graphene.Field(Category)
    categories = graphene.List(graphene.NonNull(Category), required=True, description="The path to its category, from the top.")
    type = graphene.Field(ProductType)
    attributes = graphene.List(graphene.NonNull(ProductAttribute), required=True)
    tags = graphene.List(graphene.NonNull(graphene.String), required=True)
    collections = graphene.List(graphene.NonNull(CollectionName), required=True)
    age_limit = graphene.Int(description="Years a buyer must be; null: anybody.")
    seo_title = graphene.String(required=True, language=language())
    seo_description = graphene.String(required=True, language=language())
    created_at = graphene.DateTime(required=True)
    variants = graphene.List(graphene.NonNull(Variant), required=True)

    def resolve_id(product, info):
        return global_id("Product", product["id"])

    def resolve_name(product, info, language=None):
        return said(product, "name", language)

    def resolve_description(product, info, language=None):
        return said(product, "description", language)

    def resolve_seo_title(product, info, language=None):
        return said(product, "seo_title", language)

    def resolve_seo_description(product, info, language=None):
        return said(product, "seo_description", language)

    def resolve_created_at(product, info):
        return datetime.fromisoformat(product["created_at"])


class ProductEdge(graphene.ObjectType):
    cursor = graphene.String(required=True)
    node = graphene.Field(Product, required=True)


class ProductConnection(graphene.ObjectType):
    edges = graphene.List(graphene.NonNull(ProductEdge), required=True)
    nodes = graphene.List(graphene.NonNull(Product), required=True)
    page_info = graphene.Field(PageInfo, required=True)

    def resolve_edges(connection, info):
        return [{"cursor": queries.cursor_of(place), "node": product} for place, product in connection["listed"].rows]

    def resolve_nodes(connection, info):
        return [product for _, product in connection["listed"].rows]

    def resolve_page_info(connection, info):
        listed = connection["listed"]
        ends = (queries.cursor_of(listed.rows[0][0]), queries.cursor_of(listed.rows[-1][0])) if listed.rows else (None, None)
        return {
            "has_next_page": listed.more,
            "has_previous_page": bool(connection["asked"].after),
            "start_cursor": ends[0],
            "end_cursor": ends[1],
        }


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

    @allowed("catalog:read", shelved=True)
    def resolve_products(root, info, first=None, after=None, search=None, category=None):
        asked = queries.asked(
            first=page_size(first, field="first"),
            after=after,
            words=plain_text(search, field="search", longest=100),
            filters={"category": [plain_text(category, field="category", longest=60)]} if category else {},
        )
        asking = info.context
        listed = queries.products(sight=sight_of(asking.principal), asked=asked, now=asking.now, tables=asking.tables)
        remember(info, [product for _, product in listed.rows], listed.version)
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


def remember(info, products, version):
    """For fields that apps above add to a variant: they load for all of these at once."""
    info.context.memo.setdefault("catalog.read", []).extend(products)
    info.context.versions.add(version)


def variants_read(info) -> list[str]:
    """The ids of all variants of the answer so far."""
    return [variant["id"] for product in info.context.memo.get("catalog.read", ()) for variant in product["variants"]]


def product_of(variant, info):
    memo = info.context.memo
    known = memo.setdefault("catalog.product_of", {})
    if variant["id"] not in known:
        known.update({variant["id"]: product for product in memo["catalog.read"] for variant in product["variants"]})
    return known[variant["id"]]


def global_id(kind: str, id: str) -> str:
    """As graphql_relay writes it."""
    return b64encode(f"{kind}:{id}".encode()).decode()


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
