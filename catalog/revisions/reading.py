"""Products as flat paths, read in one statement however many they are."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

# Lateral, so that each product costs a few index look-ups and nothing depends on how many others there are.
READ = """
select p.id,
    json_build_object(
        'name', p.name, 'handle', p.handle, 'description', p.description, 'brand', brand.code, 'category', category.code,
        'type', type.code, 'tax_class', tax.code, 'status', p.status, 'life_cycle', p.life_cycle, 'age_limit', p.age_limit,
        'tracks_serials', p.tracks_serials, 'tracks_lots', p.tracks_lots, 'tags', p.tags, 'tile', p.tile, 'image_url', p.image_url,
        'seo_title', p.seo_title, 'seo_description', p.seo_description, 'translations', p.translations,
        'pictures', coalesce(pictures.list, '[]'), 'collections', coalesce(collections.list, '[]')
    )::text,
    p.attributes::text, publications.paths::text, ranges.paths::text, variants.list::text
from unnest(%s::uuid[]) as asked(id)
join catalog_product p on p.id = asked.id
join catalog_taxclass tax on tax.id = p.tax_class_id
left join catalog_brand brand on brand.id = p.brand_id
left join catalog_category category on category.id = p.category_id
left join catalog_producttype type on type.id = p.type_id
left join lateral (
    select json_agg(json_build_object('media', m.media_id, 'variant', m.variant_id, 'alt', m.alt) order by m.position, m.id) as list
    from catalog_productmedia m where m.product_id = p.id
) pictures on true
left join lateral (
    select json_agg(c.code order by c.code collate "C") as list
    from catalog_collectionproduct cp join catalog_collection c on c.id = cp.collection_id where cp.product_id = p.id
) collections on true
left join lateral (
    select json_object_agg(c.code, json_build_object('offered', u.offered, 'starts_at', u.starts_at, 'ends_at', u.ends_at)) as paths
    from catalog_publication u join org_channel c on c.id = u.channel_id where u.product_id = p.id
) publications on true
left join lateral (
    select json_object_agg(s.code, r.life_cycle) as paths
    from catalog_storerange r join org_store s on s.id = r.store_id where r.product_id = p.id
) ranges on true
left join lateral (
    select json_agg(json_build_object(
        'id', v.id,
        'fields', json_build_object(
            'sku', v.sku, 'name', v.name, 'options', v.options,
            'net_content', case when v.net_content is not null then json_build_array(v.net_content, v.net_unit) end,
            'sold_by', v.sold_by, 'archived', v.archived_at is not null,
            'gtins', coalesce((select json_agg(g.gtin order by g.gtin) from catalog_gtin g where g.variant_id = v.id), '[]'),
            'reference_cost', v.reference_cost, 'deposit', (select d.sku from catalog_variant d where d.id = v.deposit_id),
            'translations', v.translations
        ),
        'prices', (select json_object_agg(r.currency, json_build_array(r.amount, r.price_quantity)) from catalog_price r where r.variant_id = v.id)
    )) as list
    from catalog_variant v where v.product_id = p.id
) variants on true
"""

Snapshot = dict[str, Any]


def snapshot(products: Sequence[UUID]) -> dict[UUID, Snapshot]:
    """Products that are not there are left out."""
    if not products:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(READ, [list(products)])
        return {row[0]: _paths(*row[1:]) for row in cursor.fetchall()}


def _paths(plain: str, attributes: str, publications: str | None, ranges: str | None, variants: str | None) -> Snapshot:
    paths: Snapshot = json.loads(plain)
    paths |= {f"attributes.{code}": value for code, value in json.loads(attributes).items()}
    paths |= {f"publication.{code}": value for code, value in _loaded(publications, {}).items()}
    paths |= {f"range.{code}": value for code, value in _loaded(ranges, {}).items()}
    for variant in _loaded(variants, []):
        start = f"variant.{variant['id']}."
        paths |= {start + name: value for name, value in variant["fields"].items()}
        paths |= {f"{start}price.{currency}": value for currency, value in (variant["prices"] or {}).items()}
    return paths


def _loaded(text: str | None, nothing: Any) -> Any:
    return nothing if text is None else json.loads(text)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{path: [before, after]} of what differs."""
    paths = dict.fromkeys((*before, *after))
    return {path: [before.get(path), after.get(path)] for path in paths if before.get(path) != after.get(path)}
