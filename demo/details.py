"""What makes the demo range more than names and prices: types with attributes, tags, ages, deposits, costs, German names,
collections, and one draft that waits for a merchandiser. Each step is taken once; what people changed since stays.

Only what the names, tiles and shelves say is said about products of real brands.
"""

from datetime import datetime
from typing import Any

from catalog import services as catalog
from catalog.services import NewChoice, NewVariant
from demo import queries
from org.models import Channel

DRINKS = ("drinks", "coffee-tea", "wine-beer")
# Words of a name that say what may be said.
TAGS = {"organic": "organic", "sugar-free": "sugar-free", "alcohol-free": "alcohol-free", "gluten-free": "gluten-free", "loose": "loose"}
STORED = {"chilled": "chilled", "frozen": "frozen"}
PACKED = {"bottle": "bottle", "jar": "jar", "tin": "tin", "bag": "bag", "box": "box", "carton": "carton", "cup": "cup"}
GERMAN = {
    "LOAF": "Sauerteigbrot",
    "ROLL-SPELT": "Dinkelbrötchen",
    "CAKE-LEMON": "Zitronenkuchen",
    "RYE": "Dunkles Roggenbrot",
    "CINNAMON": "Zimtschnecke",
    "CROISSANT": "Buttercroissant",
    "PRETZEL": "Brezel",
    "MILK-WHOLE": "Vollmilch",
    "YOGURT-PLAIN": "Naturjoghurt",
    "BUTTER": "Gesalzene Butter",
    "SOUP-LENTIL": "Frische Linsensuppe",
    "OATS": "Haferflocken",
    "OAT-DRINK": "Haferdrink Barista",
    "ELDERFLOWER": "Holunderblütenlimonade",
    "WATER-SPARKLING": "Sprudelwasser, Glas",
    "WATER-STILL": "Stilles Wasser, Glas",
    "APPLE-JUICE": "Naturtrüber Apfelsaft",
    "HONEY": "Blütenhonig",
    "OLIVE-OIL-50": "Olivenöl",
    "RICE-BASMATI": "Basmatireis",
    "CHOC-70": "Zartbitterschokolade 70 %",
    "WINE-HOUSE": "Riesling des Hauses",
}
FRENCH = {"LOAF": "Pain au levain", "MILK-WHOLE": "Lait entier", "HONEY": "Miel de fleurs", "OLIVE-OIL-50": "Huile d’olive"}
TOLD = {
    "OATS": "<p>Rolled thin, for porridge in four minutes or a muesli that soaks overnight.</p>",
    "LOAF": "<p>Eighteen hours of dough, baked in the house before the doors open.</p><ul><li>Wheat and rye</li><li>Keeps four days</li></ul>",
    "ELDERFLOWER": "<p>Flowers from the hedge behind the brewery, lemon, a little sugar.</p>",
    "WINE-HOUSE": "<p>Dry, light, a little apple. For fish, or for the evening.</p>",
}
FLAVOURS = ("Original", "Oat latte", "Mocha", "Vanilla")
# Size, net content, price; the packs of four have none yet: that is what the draft waits for.
SIZES = (("250 ml can", 250_000, 320), ("1 l bottle", 1_000_000, 940), ("4 × 250 ml", None, 1160))
DRAFT = "cold-brew-coffee"


def load(*, web: Channel, now: datetime) -> None:
    if queries.has_product(DRAFT):
        return
    _types(now)
    deposit = _deposit(now)
    for item in queries.bare_products():
        _tell(item, deposit, now)
    _collections(now)
    house_wine = queries.product_of("WINE-HOUSE")
    catalog.set_publication(product=house_wine, channel=web, offered=False, now=now, actor=None)
    _draft(now)


def _types(now: datetime) -> None:
    packs = [NewChoice(code=code, name=code.title()) for code in ("bottle", "jar", "tin", "bag", "box", "carton", "cup", "loose")]
    stores = [NewChoice(code="cupboard", name="In the cupboard"), NewChoice(code="chilled", name="Chilled"), NewChoice(code="frozen", name="Frozen")]
    terms: dict[str, Any] = {"now": now, "actor": None}
    catalog.create_attribute(code="packaging", name="Packaging", kind="choice", filterable=True, choices=packs, **terms)
    catalog.create_attribute(code="storage", name="Storage", kind="choice", filterable=True, choices=stores, **terms)
    catalog.create_attribute(code="organic", name="Organic", kind="boolean", filterable=True, **terms)
    catalog.create_attribute(code="allergens", name="Allergens", kind="text", **terms)
    catalog.create_attribute(code="strength", name="Alcohol", kind="number", unit="% vol", **terms)
    catalog.create_product_type(
        code="food", name="Food", attributes=[("storage", True), ("packaging", False), ("organic", False), ("allergens", False)], **terms
    )
    catalog.create_product_type(code="drink", name="Drink", attributes=[("packaging", True), ("organic", False), ("strength", False)], **terms)
    catalog.create_product_type(code="goods", name="Household goods", attributes=[("packaging", False)], **terms)


def _deposit(now: datetime) -> Any:
    """What a bottle brings back: a product of its own, so that it has its own price and tax. Never on a shelf: a draft."""
    bottle = NewVariant(sku="DEPOSIT-15", prices={"EUR": 15})
    tax, household = queries.tax_class("standard"), queries.category("household")
    made = catalog.create_product(name="Bottle deposit", tax_class=tax, category=household, variants=[bottle], now=now, actor=None)
    return made.variants.get()


def _tell(item: queries.Bare, deposit: Any, now: datetime) -> None:
    kind = "drink" if item.category in DRINKS else "goods" if item.category == "household" else "food"
    lower = item.name.lower()
    attributes: dict[str, object] = {"organic": "organic" in lower}
    if kind == "food":
        attributes["storage"] = STORED.get(item.category, "cupboard")
    if item.tile in PACKED or "loose" in lower:
        attributes["packaging"] = "loose" if "loose" in lower else PACKED[item.tile]
    if kind == "goods":
        attributes.pop("organic")
    alcohol = item.category == "wine-beer" and "alcohol-free" not in lower
    fields: dict[str, object] = {
        "type": queries.product_type(kind),
        "attributes": attributes,
        "tags": [tag for word, tag in TAGS.items() if word in lower] + (["house"] if item.own else []),
        "age_limit": 16 if alcohol else None,
        "translations": {code: {"name": names[item.sku]} for code, names in (("de", GERMAN), ("fr", FRENCH)) if item.sku in names},
    }
    if item.sku in TOLD:
        fields["description"] = TOLD[item.sku]
    catalog.change_product(product=item.product, fields=fields, now=now, actor=None)
    glass = item.own and item.tile == "bottle" and kind == "drink"
    # Between 58 and 69 of a hundred of the price without tax, the same at every loading.
    cost = item.price * (58 + sum(item.sku.encode()) % 12) // 119
    catalog.change_variant(variant=item.variant, fields={"reference_cost": cost, **({"deposit": deposit} if glass else {})}, now=now, actor=None)


def _collections(now: datetime) -> None:
    terms: dict[str, Any] = {"now": now, "actor": None}
    catalog.create_collection(code="house", name="From our own house", kind="rule", rule={"brand": ["harrow-lane"]}, **terms)
    catalog.create_collection(code="organic", name="Organic", kind="rule", rule={"tag": ["organic"]}, **terms)
    breakfast = catalog.create_collection(code="sunday-breakfast", name="Sunday breakfast", kind="manual", **terms)
    wanted = [queries.product_of(sku) for sku in ("LOAF", "CROISSANT", "EGGS-6", "HONEY", "GRANOLA", "COFFEE-FILTER")]
    catalog.set_members(collection=breakfast.pk, products=wanted, **terms)


def _draft(now: datetime) -> None:
    """Eleven variants, four flavours in three sizes but one; four net contents are missing."""
    variants = [
        NewVariant(
            sku=f"COLD-BREW-{flavour[:2].upper()}-{number}",
            name=f"{flavour} / {size}",
            options={"Flavour": flavour, "Size": size},
            net_content=content,
            net_unit="ml" if content else "",
            prices={"EUR": price + 20 * (flavour != "Original")},
        )
        for flavour in FLAVOURS
        for number, (size, content, price) in enumerate(SIZES, start=1)
        if (flavour, number) != ("Vanilla", 2)
    ]
    catalog.create_product(
        name="Cold brew coffee",
        handle=DRAFT,
        tax_class=queries.tax_class("standard"),
        brand=catalog.ensure_brand(name="Harrow Lane", actor=None),
        category=queries.category("coffee-tea"),
        type=queries.product_type("drink"),
        attributes={"packaging": "bottle"},
        description="<p>Steeped for eighteen hours, never heated.</p>",
        variants=variants,
        tile="cup",
        now=now,
        actor=None,
    )
