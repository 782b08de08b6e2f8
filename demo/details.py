"""What makes the demo range more than names and prices: types with attributes, tags, ages, deposits, costs, German names,
collections, and one draft that waits for a merchandiser. Each step is taken once; what people changed since stays.

Only what the names, tiles and shelves say is said about products of real brands.
"""

from datetime import datetime
from typing import Any

from catalog import services as catalog
from catalog.gtin import check_digit
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
DEPOSIT = "DEPOSIT-15"
OWN = "Harrow Lane"


def prepare(*, now: datetime) -> None:
    """What the list of products refers to: before it comes in."""
    if queries.has_product_type("food"):
        return
    _types(now)
    _deposit(now)


def finish(*, web: Channel, now: datetime) -> None:
    """What refers to the list of products."""
    if queries.has_product(DRAFT):
        return
    _collections(now)
    catalog.set_publication(product=queries.product_of("WINE-HOUSE"), channel=web, offered=False, now=now, actor=None)
    _draft(now)


def told(*, sku: str, name: str, category: str, tile: str, brand: str, price: int) -> dict[str, Any]:
    """Of a product: type, attributes, tags, age limit, translations, description."""
    kind = "drink" if category in DRINKS else "goods" if category == "household" else "food"
    lower = name.lower()
    attributes = {} if kind == "goods" else {"organic": "yes" if "organic" in lower else "no"}
    if kind == "food":
        attributes["storage"] = STORED.get(category, "cupboard")
    if tile in PACKED or "loose" in lower:
        attributes["packaging"] = "loose" if "loose" in lower else PACKED[tile]
    alcohol = category == "wine-beer" and "alcohol-free" not in lower
    return {
        "type": kind,
        "attributes": attributes,
        "tags": (*(tag for word, tag in TAGS.items() if word in lower), *(("house",) if brand == OWN else ())),
        "age_limit": "16" if alcohol else "",
        "translations": {code: {"name": names[sku]} for code, names in (("de", GERMAN), ("fr", FRENCH)) if sku in names},
        "description": TOLD.get(sku),
    }


def told_of_variant(*, sku: str, category: str, tile: str, brand: str, price: int) -> dict[str, Any]:
    """Cost: between 58 and 69 of a hundred of the price without tax, the same at every loading. Our own glass comes back."""
    glass = brand == OWN and tile == "bottle" and category in DRINKS
    return {"cost": price * (58 + sum(sku.encode()) % 12) // 119, "deposit": DEPOSIT if glass else ""}


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


def _deposit(now: datetime) -> None:
    """What a bottle brings back: a product of its own, so that it has its own price and tax. Never on a shelf: a draft."""
    bottle = NewVariant(sku=DEPOSIT, prices={"EUR": 15})
    tax, household = queries.tax_class("standard"), queries.category("household")
    catalog.create_product(name="Bottle deposit", tax_class=tax, category=household, variants=[bottle], now=now, actor=None)


def own_code(number: int) -> str:
    """A GTIN-13 of the range that shops give out themselves."""
    body = f"2{number:011}"
    return body + str(check_digit(body))


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
            gtins=[own_code(900 + 10 * place + number)],
            prices={"EUR": price + 20 * (flavour != "Original")},
        )
        for place, flavour in enumerate(FLAVOURS)
        for number, (size, content, price) in enumerate(SIZES, start=1)
        if (flavour, number) != ("Vanilla", 2)
    ]
    catalog.create_product(
        name="Cold brew coffee",
        handle=DRAFT,
        tax_class=queries.tax_class("standard"),
        brand=catalog.ensure_brand(name=OWN, actor=None),
        category=queries.category("coffee-tea"),
        type=queries.product_type("drink"),
        attributes={"packaging": "bottle"},
        description="<p>Steeped for eighteen hours, never heated.</p>",
        variants=variants,
        tile="cup",
        now=now,
        actor=None,
    )
