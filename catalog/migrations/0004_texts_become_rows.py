"""Brands that were text become rows, and descriptions that were plain text become HTML."""

from django.db import migrations

from catalog.names import handle

BATCH = 2_000

DESCRIPTIONS = """
update catalog_product set description =
    '<p>' || replace(replace(replace(replace(description, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), chr(10), '</p><p>') || '</p>'
where description <> ''
"""
PLAIN_AGAIN = """
update catalog_product set description = replace(replace(replace(
    regexp_replace(replace(description, '</p><p>', chr(10)), '<[^>]*>', '', 'g'), '&lt;', '<'), '&gt;', '>'), '&amp;', '&')
where description <> ''
"""


def name_brands(apps, schema_editor):
    Product, Brand = apps.get_model("catalog", "Product"), apps.get_model("catalog", "Brand")
    names = Product.objects.exclude(brand_name="").order_by("brand_name").values_list("brand_name", flat=True).distinct()
    for number, name in enumerate(names.iterator(chunk_size=BATCH)):
        brand, _ = Brand.objects.get_or_create(code=handle(name, length=60) or f"brand-{number}", defaults={"name": name})
        Product.objects.filter(brand_name=name).update(brand=brand)


def write_brands(apps, schema_editor):
    Product, Brand = apps.get_model("catalog", "Product"), apps.get_model("catalog", "Brand")
    for brand in Brand.objects.iterator(chunk_size=BATCH):
        Product.objects.filter(brand=brand).update(brand_name=brand.name)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_product_data")]

    operations = [migrations.RunPython(name_brands, write_brands), migrations.RunSQL(DESCRIPTIONS, PLAIN_AGAIN)]
