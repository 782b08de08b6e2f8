"""A shop of any size, made by a few statements: the same seed gives the same shop. Names are put together of real words, so
that searches meet common and rare ones."""

from django.db import connection

ADJECTIVES = "organic wild smoked roasted salted unsalted sweet dark light whole fresh frozen dried spicy mild classic royal golden creamy crunchy"
NOUNS = """almond apple apricot banana barley basil bean beer berry biscuit bread broth butter cabbage cake carrot cashew cereal cheddar cheese cherry
chicken chili chips chocolate cider cinnamon coconut coffee cookie corn cracker cranberry cream cucumber curry dumpling egg fennel fig flour garlic
ginger granola grape ham hazelnut herb honey hummus jam juice kale ketchup lemon lentil lime mango maple milk millet mint muesli mushroom mustard
noodle nut oat olive onion orange oregano paprika pasta peach peanut pear pepper pesto pickle pineapple pistachio pizza plum popcorn potato pumpkin
quinoa raisin raspberry rice rosemary rye salad salmon salsa sauce sausage seed sesame soda soup soy spelt spinach sprout squash strawberry sugar
syrup tea thyme toast tofu tomato tuna turmeric vanilla vinegar walnut water wheat wine yeast yogurt zucchini"""
ENDINGS = "bar blend bottle bowl box butter cup drink flakes jar loaf mix pack paste powder snack spread sticks tin"
SIZES = ("S", "M", "L")

STRUCTURE = """
insert into catalog_taxclass (code, name, rate) values ('reduced', 'Reduced', 70000);
insert into catalog_brand (code, name) select 'brand-' || n, 'Brand ' || n from generate_series(1, 300) n;
insert into catalog_category (code, name, position, description, seo_title, seo_description, translations)
    select 'group-' || n, 'Group ' || n, n, '', '', '', '{}' from generate_series(1, 20) n;
insert into catalog_category (code, name, position, description, seo_title, seo_description, translations, parent_id)
    select 'shelf-' || n, 'Shelf ' || n, n, '', '', '', '{}', (select id from catalog_category where code = 'group-' || (1 + n % 20))
    from generate_series(1, 180) n;
insert into catalog_producttype (code, name) values ('food', 'Food'), ('drink', 'Drink');
insert into catalog_attribute (code, name, kind, unit, filterable, translations) values
    ('diet', 'Diet', 'choice', '', true, '{}'), ('organic', 'Organic', 'boolean', '', true, '{}'),
    ('kcal', 'Energy', 'number', 'kcal', false, '{}');
insert into catalog_attributechoice (attribute_id, code, name, position, translations)
    select a.id, c, initcap(c), 0, '{}' from catalog_attribute a, unnest(array['vegan', 'vegetarian', 'any']) c where a.code = 'diet';
"""

# Ids grow with time, as kernel.ids makes them: what was made together lies together.
ID = "(lpad(to_hex(1700000000000 + {number}), 12, '0') || '7' || substr(md5({name}), 1, 3) || '8' || substr(md5({name}), 4, 15))::uuid"
PRODUCT = ID.format(number="i * 8", name="'product ' || i")
VARIANT = ID.format(number="i * 8 + s", name="'variant ' || i || s")

PRODUCTS = f"""
with words as (select %(adjectives)s::text[] as a, %(nouns)s::text[] as n, %(endings)s::text[] as e),
named as (
    select i, initcap(w.a[1 + (hashint4(i) & 65535) %% cardinality(w.a)]
        || ' ' || w.n[1 + (hashint4(i * 7) & 65535) %% cardinality(w.n)] || ' '
        || w.n[1 + (hashint4(i * 13) & 65535) %% cardinality(w.n)] || ' '
        || w.e[1 + (hashint4(i * 31) & 65535) %% cardinality(w.e)]) || ' ' || i as name
    from generate_series(1, %(count)s) i, words w
)
insert into catalog_product (id, handle, name, description, seo_title, seo_description, translations, brand_id, type_id, attributes, tags,
    category_id, tax_class_id, status, life_cycle, age_limit, tracks_serials, tracks_lots, tile, image_url, sort_key, source, source_key,
    source_hash, created_at, updated_at)
select {PRODUCT}, 'p-' || i, name, '<p>' || name || ', as good as ever.</p>', '', '', '{{}}',
    (select id from catalog_brand where code = 'brand-' || (1 + i %% 300)), (select id from catalog_producttype where code = 'food'),
    jsonb_build_object('diet', (array['vegan', 'vegetarian', 'any'])[1 + i %% 3], 'organic', i %% 4 = 0, 'kcal', i %% 900 * 1000),
    array['tag-' || i %% 40], (select id from catalog_category where code = 'shelf-' || (1 + i %% 180)), (select id from catalog_taxclass),
    'active', 'active', null, false, false, '', '', lower(name), '', '', '', %(now)s::timestamptz - i * interval '1 minute', %(now)s
from named
"""

VARIANTS = f"""
insert into catalog_variant (id, product_id, sku, name, options, net_content, net_unit, sold_by, reference_cost, translations, position)
select {VARIANT}, {PRODUCT}, 'P' || i || '-' || size, size, jsonb_build_object('Size', size), 250000 * s,
    'g', 'each', 60 + i %% 300, '{{}}', s
from generate_series(1, %(count)s) i, unnest(array['S', 'M', 'L']) with ordinality as z(size, s);
insert into catalog_price (variant_id, currency, amount, price_quantity) select id, 'EUR', 100 + abs(hashtext(sku)) %% 900, 1000 from catalog_variant;
insert into catalog_gtin (gtin, variant_id)
select body || (10 - (select sum(substr(body, place, 1)::int * case place %% 2 when 1 then 3 else 1 end)
    from generate_series(1, 13) place) %% 10) %% 10, id
from (select id, '0' || '40' || lpad((row_number() over (order by id))::text, 10, '0') as body from catalog_variant) v;
"""

STOCK = """
insert into inventory_level (location_id, variant_id, on_hand)
select l.id, v.id, abs(hashtext(v.sku || l.code)) % 50 * 1000 from inventory_location l, catalog_variant v
"""


def fill(*, variants: int, now: object) -> int:
    """Three variants a product, each with a code and a price, and stock at every location. How many products there are."""
    count = -(-variants // len(SIZES))
    values = {"adjectives": ADJECTIVES.split(), "nouns": NOUNS.split(), "endings": ENDINGS.split(), "count": count, "now": now}
    with connection.cursor() as cursor:
        for statement in STRUCTURE.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        cursor.execute(PRODUCTS, values)
        for statement in VARIANTS.split(";\n"):
            if statement.strip():
                cursor.execute(statement, values)
        # Levels are written by a trigger on movements otherwise; a replica's session fires none.
        cursor.execute("set session_replication_role = replica")
        cursor.execute(STOCK)
        cursor.execute("set session_replication_role = origin")
        cursor.execute("analyze")
    return count
