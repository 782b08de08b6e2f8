"""What lists of products are narrowed by, as texts such as "category:tea" or "attribute.roast:dark".

category (the product's own and all above it), brand, tag, type, life_cycle, collection, attribute.<code> of attributes that
are filterable. Cards and search entries keep them as one array with one index; a filter is an overlap of arrays.
"""
# ruff: noqa: S608  # statements are put together of this file's own parts

from collections.abc import Mapping, Sequence

# A common table expression: every category with its path from the root. Small, and worked out once a statement.
TREE = """tree as (
    select c.id, c.parent_id, array[c.code::text] as codes,
        jsonb_build_array(jsonb_build_object('code', c.code, 'name', c.name, 'translations', c.translations)) as path
    from catalog_category c where c.parent_id is null
    union all
    select c.id, c.parent_id, tree.codes || c.code::text,
        tree.path || jsonb_build_object('code', c.code, 'name', c.name, 'translations', c.translations)
    from catalog_category c join tree on c.parent_id = tree.id
)"""

# Of the product p, beside its brand b, its type k and its category's row of the tree.
OWN = """array_remove(
    array['life_cycle:' || p.life_cycle, 'brand:' || b.code, 'type:' || k.code]
    || array(select 'category:' || code from unnest(tree.codes) code)
    || array(select 'tag:' || tag from unnest(p.tags) tag)
    || array(select 'attribute.' || a.code || ':' || e.value
        from jsonb_each(p.attributes) v join catalog_attribute a on a.code = v.key and a.filterable
        cross join lateral jsonb_array_elements_text(
            case jsonb_typeof(v.value) when 'array' then v.value else jsonb_build_array(v.value) end) e(value)
        where a.kind in ('choice', 'multi_choice', 'boolean')),
    null)"""

# With the collections: those it was put into by hand, and those whose rule its own facets fulfil. The offset keeps the planner from working
# its own ones out once more for the rules.
ARRAY = f"""(select own.facets || array(
        select 'collection:' || l.code from catalog_collection l where case l.kind
            when 'manual' then exists (select from catalog_collectionproduct i where i.collection_id = l.id and i.product_id = p.id)
            else l.rule <> '{{}}' and not exists (
                select from jsonb_each(l.rule) part
                where not own.facets && array(select part.key || ':' || value from jsonb_array_elements_text(part.value) value))
            end)
    from (select {OWN} as facets offset 0) own)"""


def overlaps(filters: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """{"category": ["tea", "coffee"]} -> [["category:tea", "category:coffee"]]: every list must overlap with a product's facets."""
    return [[f"{name}:{value}" for value in values] for name, values in filters.items() if values]
