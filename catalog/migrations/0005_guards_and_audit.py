"""The category tree has no circles, values in JSON have their shape, and every new table of product data is audited."""

from django.db import migrations

from kernel.audit import audited

NO_CIRCLES = """
create function catalog_category_no_circle() returns trigger language plpgsql as $$
begin
    -- One tree at a time: two moves that each look harmless could make a circle together.
    perform pg_advisory_xact_lock(7163843);
    if exists (
        with recursive above as (
            select c.id, c.parent_id from catalog_category c where c.id = new.parent_id
            union select c.id, c.parent_id from catalog_category c join above a on c.id = a.parent_id
        ) select from above where id = new.id
    ) then
        raise exception 'a category cannot stand below itself' using errcode = 'check_violation', constraint = 'category_no_circle';
    end if;
    return new;
end
$$;
create trigger no_circle before insert or update of parent_id on catalog_category
    for each row when (new.parent_id is not null) execute function catalog_category_no_circle();
"""
CIRCLES_AGAIN = "drop trigger no_circle on catalog_category; drop function catalog_category_no_circle();"

OBJECTS = (("product", "attributes"), ("product", "translations"), ("variant", "translations"), ("category", "translations"), ("collection", "rule"))
SHAPES = ";".join(
    f"alter table catalog_{table} add constraint {table}_{column}_is_object check (jsonb_typeof({column}) = 'object')" for table, column in OBJECTS
)
NO_SHAPES = ";".join(f"alter table catalog_{table} drop constraint {table}_{column}_is_object" for table, column in OBJECTS)

# Cards are read fifty at a time and seldom written: they lie whole and unpacked beside their keys, three to a page.
CARDS_INLINE = "alter table catalog_card alter column body set storage external; alter table catalog_card set (toast_tuple_target = 8160)"
CARDS_APART = "alter table catalog_card reset (toast_tuple_target); alter table catalog_card alter column body set storage extended"

AUDITED = (
    "catalog_brand",
    "catalog_producttype",
    "catalog_attribute",
    "catalog_attributechoice",
    "catalog_typeattribute",
    "catalog_collection",
    "catalog_collectionproduct",
    "catalog_publication",
    "catalog_storerange",
    "catalog_productmedia",
    "catalog_synonym",
    "catalog_searchpin",
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_texts_become_rows"), ("kernel", "0002_guards")]

    operations = [
        migrations.RemoveField(model_name="product", name="brand_name"),
        migrations.RunSQL(NO_CIRCLES, CIRCLES_AGAIN),
        migrations.RunSQL(SHAPES, NO_SHAPES),
        migrations.RunSQL(CARDS_INLINE, CARDS_APART),
        *(audited(table) for table in AUDITED),
    ]
