"""A product with its variants, as a program may ask for it: small functions over one document (catalog.documents)."""

from datetime import date, datetime

import graphene

from catalog import lines
from catalog.schema.names import global_id, language, listed, ready, translated
from catalog.telling import media_url, unit_price_of
from kernel.money import format_amount


class Money(graphene.ObjectType):
    amount = graphene.BigInt(required=True, description="Minor units: 1230 EUR is 12.30.")
    currency = graphene.String(required=True)
    formatted = graphene.String(required=True, description="A plain decimal such as 12.30, whatever the language.")

    def resolve_formatted(money, info):
        return format_amount(money.amount, money.currency)


class PriceBreak(graphene.ObjectType):
    """Whoever takes so much pays so much for each."""

    from_quantity = graphene.BigInt(required=True, description="Thousandths in the basket: from 6000 on is from six pieces on.")
    amount = graphene.BigInt(required=True)
    formatted = graphene.String(required=True)
    price_quantity = graphene.Int(required=True)


class Price(graphene.ObjectType):
    """What it costs now. Keys see the price that holds in their channel this second; staff see base prices."""

    amount = graphene.BigInt(
        required=True,
        description="Minor units for price_quantity thousandths of the variant's unit, tax included where the channel's prices include it.",
    )
    currency = graphene.String(required=True)
    formatted = graphene.String(required=True)
    price_quantity = graphene.Int(required=True, description="1000 is one piece or one kilogram.")
    list_amount = graphene.BigInt(description="What it costs when the present price has ended; null unless that is more.")
    list_formatted = graphene.String()
    promotional_amount = graphene.BigInt(
        description="What a promotion makes of it for whoever buys one and does nothing else; null when none does. The basket has the last word."
    )
    promotional_formatted = graphene.String()
    promotion = graphene.String(description="The code of that promotion.")
    lowest_last_30_days = graphene.BigInt(
        description="The lowest price of the 30 days before the present reduction began (Directive 98/6/EC); null when it is not reduced."
    )
    lowest_last_30_days_formatted = graphene.String()
    breaks = graphene.List(graphene.NonNull(PriceBreak), required=True, description="Prices of larger quantities, rising.")

    # Left out of documents where there is nothing to tell.
    resolve_breaks = listed("breaks")


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

    resolve_name = translated("name")


class ProductType(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)


class CollectionName(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True, language=language())

    resolve_name = translated("name")


class AttributeChoice(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True, language=language())

    resolve_name = translated("name")


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

    resolve_name = translated("name")

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


class Badge(graphene.ObjectType):
    """A promotion that runs now and is about the product."""

    code = graphene.String(required=True)
    text = graphene.String(required=True)
    kind = graphene.String(required=True, description="percent, amount, fixed, set, buy_get, bundle, tiers or gift")
    ends_at = graphene.DateTime()

    def resolve_ends_at(badge, info):
        return datetime.fromisoformat(badge["ends_at"]) if badge["ends_at"] else None


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

    resolve_id = ready("global_id")

    def resolve_product(variant, info):
        return product_of(variant, info)

    resolve_name = translated("name")

    def resolve_options(variant, info):
        return [{"name": name, "value": str(value)} for name, value in variant["options"].items()]

    def resolve_net_content(variant, info):
        return {"quantity": variant["net_content"], "unit": variant["net_unit"]} if variant["net_content"] is not None else None

    resolve_gtins = ready("codes")

    def resolve_unit_price(variant, info, currency=None):
        return unit_price_of(variant, currency)


class Product(graphene.ObjectType):
    # As what it may come besides a document, when no more is asked for.
    line = lines.PRODUCT

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
    badges = graphene.List(graphene.NonNull(Badge), required=True, description="Keys see the promotions of their channel that ask for nothing first.")
    variants = graphene.List(graphene.NonNull(Variant), required=True)

    resolve_id = ready("global_id")
    resolve_name = translated("name")
    resolve_description = translated("description")
    resolve_seo_title = translated("seo_title")
    resolve_seo_description = translated("seo_description")
    resolve_badges = listed("badges")

    def resolve_created_at(product, info):
        return datetime.fromisoformat(product["created_at"])


def remember(info, products, version):
    """For fields that apps above add to a variant: they load for all of these at once."""
    info.context.memo.setdefault("catalog.read", []).extend(products)
    info.context.versions.add(version)


def variants_read(info) -> list[str]:
    """The ids of all variants of the answer so far."""
    return [id for product in info.context.memo.get("catalog.read", ()) for id in variant_ids(product)]


def variant_ids(product):
    return lines.variants_of(product) if product.__class__ is lines.Line else [variant["id"] for variant in product["variants"]]


def product_of(variant, info):
    memo = info.context.memo
    known = memo.setdefault("catalog.product_of", {})
    if variant["id"] not in known:
        known.update({variant["id"]: product for product in memo["catalog.read"] if product.__class__ is dict for variant in product["variants"]})
    return known[variant["id"]]
