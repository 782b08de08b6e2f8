"""Price lists, taxes by zone, promotions."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_guards_and_audit"),
        ("org", "0004_store_groups"),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name="PriceList",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("currency", models.CharField(max_length=3)),
                ("customer_group", models.SlugField(blank=True, default="", max_length=60)),
                ("priority", models.SmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "channel",
                    models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.channel"),
                ),
                (
                    "store_group",
                    models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.storegroup"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PriceChange",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("waiting", "Waiting for approval"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("replaces", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("made_by", models.UUIDField()),
                ("made_at", models.DateTimeField()),
                ("decided_by", models.UUIDField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("remark", models.CharField(blank=True, default="", max_length=300)),
                ("price_list", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="catalog.pricelist")),
            ],
        ),
        migrations.CreateModel(
            name="PriceListStore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("price_list", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="places", to="catalog.pricelist")),
                ("store", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.store")),
            ],
        ),
        migrations.AddField(
            model_name="pricelist",
            name="stores",
            field=models.ManyToManyField(related_name="+", through="catalog.PriceListStore", to="org.store"),
        ),
        migrations.CreateModel(
            name="PriceBookState",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("version", models.UUIDField()),
            ],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="price_book_state_once")]},
        ),
        migrations.CreateModel(
            name="PricePoint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField(null=True)),
                ("price_quantity", models.PositiveIntegerField(null=True)),
                ("at", models.DateTimeField()),
                ("variant", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.variant")),
            ],
        ),
        migrations.CreateModel(
            name="Promotion",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("receipt_text", models.CharField(blank=True, default="", max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("waiting", "Waiting for approval"), ("approved", "Approved"), ("ended", "Ended")],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("priority", models.SmallIntegerField(default=0)),
                (
                    "combination",
                    models.CharField(
                        choices=[
                            ("exclusive", "Not on lines that another offer has changed"),
                            ("best", "The one that is cheaper for the customer wins"),
                            ("stack", "Stack on top"),
                        ],
                        default="exclusive",
                        max_length=10,
                    ),
                ),
                ("group", models.SlugField(blank=True, default="", max_length=60)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("rule", models.JSONField(default=dict)),
                ("needs_coupon", models.BooleanField(default=False)),
                ("supplier", models.CharField(blank=True, default="", max_length=100)),
                ("supplier_share", models.PositiveIntegerField(default=0)),
                ("most_uses", models.PositiveIntegerField(blank=True, null=True)),
                ("most_per_customer", models.PositiveIntegerField(blank=True, null=True)),
                ("budget", models.BigIntegerField(blank=True, null=True)),
                ("monthly_budget", models.BigIntegerField(blank=True, null=True)),
                (
                    "offline",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("allow", "Tills without a line give it; it may go over the limit"),
                            ("refuse", "Tills without a line do not give it"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("used", models.BigIntegerField(default=0, editable=False)),
                ("given", models.BigIntegerField(default=0, editable=False)),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("made_by", models.UUIDField()),
                ("made_at", models.DateTimeField()),
                ("changed_by", models.UUIDField()),
                ("changed_at", models.DateTimeField()),
                ("decided_by", models.UUIDField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["state", "starts_at"], name="promotion_by_start"),
                    models.Index(fields=["state", "ends_at"], name="promotion_by_end"),
                    models.Index(fields=["-changed_at", "-id"], name="promotion_recent"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="promotion_has_name"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starts_at__isnull", True), ("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                        ),
                        name="promotion_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("supplier_share__lte", 1000000),
                            models.Q(("supplier_share", 0), models.Q(("supplier", ""), _negated=True), _connector="OR"),
                        ),
                        name="promotion_supplier_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("offline", ""), _negated=True),
                            models.Q(
                                ("budget__isnull", True),
                                ("monthly_budget__isnull", True),
                                ("most_per_customer__isnull", True),
                                ("most_uses__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="promotion_limit_offline_policy",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason", ""),
                            models.Q(("state", "approved"), _negated=True),
                            models.Q(("decided_by__isnull", False), models.Q(("decided_by", models.F("changed_by")), _negated=True)),
                            _connector="OR",
                        ),
                        name="promotion_four_eyes",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Coupon",
            fields=[
                ("code", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("batch", models.CharField(blank=True, default="", max_length=60)),
                ("most_uses", models.PositiveIntegerField(blank=True, default=1, null=True)),
                ("used", models.PositiveIntegerField(default=0)),
                ("customer", models.UUIDField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("made_at", models.DateTimeField()),
                ("voided_at", models.DateTimeField(blank=True, null=True)),
                ("promotion", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="coupons", to="catalog.promotion")),
            ],
        ),
        migrations.CreateModel(
            name="Redemption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.UUIDField()),
                ("customer", models.UUIDField(null=True)),
                ("amount", models.BigIntegerField()),
                ("supplier_amount", models.BigIntegerField(default=0)),
                ("over", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "coupon",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="redemptions", to="catalog.coupon"),
                ),
                ("promotion", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="redemptions", to="catalog.promotion")),
            ],
        ),
        migrations.CreateModel(
            name="Simulation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("basket", models.JSONField()),
                ("at", models.DateTimeField(blank=True, null=True)),
                ("expected", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("made_by", models.UUIDField()),
                ("made_at", models.DateTimeField()),
                ("channel", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="org.channel")),
                (
                    "promotion",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="simulations", to="catalog.promotion"
                    ),
                ),
                ("store", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="org.store")),
            ],
        ),
        migrations.CreateModel(
            name="Sticker",
            fields=[
                ("code", models.CharField(max_length=13, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("percent", "Percent off"), ("amount", "Amount off"), ("price", "Price")], default="percent", max_length=10
                    ),
                ),
                ("value", models.BigIntegerField()),
                ("pieces", models.PositiveIntegerField(help_text="How many stickers were printed.")),
                ("reason", models.CharField(max_length=100)),
                ("expires_at", models.DateTimeField()),
                ("made_by", models.UUIDField()),
                ("made_at", models.DateTimeField()),
                ("store", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.store")),
                ("variant", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="stickers", to="catalog.variant")),
            ],
        ),
        migrations.CreateModel(
            name="TaxZone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=30, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("country", models.CharField(max_length=2)),
                ("region", models.CharField(blank=True, default="", max_length=3)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("country", "region"), name="tax_zone_once"),
                    models.CheckConstraint(condition=models.Q(("country__regex", "^[A-Z]{2}$")), name="tax_zone_country_iso"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(default="vat", max_length=20)),
                ("name", models.CharField(default="VAT", max_length=60)),
                ("rate", models.PositiveIntegerField(help_text="Parts per million: 190000 is 19%.")),
                ("compound", models.BooleanField(default=False)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("tax_class", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="rates", to="catalog.taxclass")),
                ("zone", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="rates", to="catalog.taxzone")),
            ],
        ),
        migrations.CreateModel(
            name="TaxExemption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("customer", models.UUIDField()),
                ("certificate", models.CharField(max_length=60)),
                (
                    "classes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None),
                ),
                ("starts_on", models.DateField()),
                ("expires_on", models.DateField()),
                (
                    "zone",
                    models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.taxzone"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StoreTax",
            fields=[
                (
                    "store",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="org.store"
                    ),
                ),
                ("zone", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.taxzone")),
            ],
            options={
                "verbose_name_plural": "store taxes",
            },
        ),
        migrations.CreateModel(
            name="ChannelTax",
            fields=[
                (
                    "channel",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="org.channel"
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=True)),
                (
                    "rounding",
                    models.CharField(
                        choices=[("line", "On every line"), ("document", "Once on the receipt or invoice")], default="line", max_length=10
                    ),
                ),
                ("cash_rounding", models.PositiveSmallIntegerField(default=1)),
                (
                    "zone",
                    models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.taxzone"),
                ),
            ],
            options={
                "verbose_name_plural": "channel taxes",
            },
        ),
        migrations.CreateModel(
            name="PriceEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("amount", models.BigIntegerField()),
                ("price_quantity", models.PositiveIntegerField(default=1000)),
                ("from_quantity", models.BigIntegerField(default=1000)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("live", models.BooleanField(default=False)),
                (
                    "change",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="catalog.pricechange"
                    ),
                ),
                ("variant", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="list_prices", to="catalog.variant")),
                ("price_list", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="catalog.pricelist")),
            ],
            options={
                "verbose_name_plural": "price entries",
                "indexes": [
                    models.Index(fields=["variant", "price_list"], name="price_entry_of_variant"),
                    models.Index(fields=["price_list", "variant", "id"], name="price_entry_of_list"),
                    models.Index(condition=models.Q(("live", True)), fields=["starts_at"], name="price_entry_by_start"),
                    models.Index(condition=models.Q(("live", True)), fields=["ends_at"], name="price_entry_by_end"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="price_entry_not_negative"),
                    models.CheckConstraint(condition=models.Q(("price_quantity__gt", 0)), name="price_entry_quantity_positive"),
                    models.CheckConstraint(condition=models.Q(("from_quantity__gt", 0)), name="price_entry_from_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starts_at__isnull", True), ("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                        ),
                        name="price_entry_ends_after_start",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("live", True)),
                        expressions=[
                            ("price_list", "="),
                            ("variant", "="),
                            ("from_quantity", "="),
                            (
                                models.Func(
                                    models.F("starts_at"),
                                    models.F("ends_at"),
                                    function="tstzrange",
                                    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="price_entry_no_overlap",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="pricechange",
            index=models.Index(fields=["state", "-made_at"], name="price_change_by_state"),
        ),
        migrations.AddIndex(
            model_name="pricechange",
            index=models.Index(fields=["-made_at", "-id"], name="price_change_recent"),
        ),
        migrations.AddConstraint(
            model_name="pricechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reason", ""),
                    models.Q(("state", "approved"), _negated=True),
                    models.Q(("decided_by__isnull", False), models.Q(("decided_by", models.F("made_by")), _negated=True)),
                    _connector="OR",
                ),
                name="price_change_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="priceliststore",
            constraint=models.UniqueConstraint(fields=("price_list", "store"), name="price_list_store_once"),
        ),
        migrations.AddConstraint(
            model_name="pricelist",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="price_list_has_name"),
        ),
        migrations.AddConstraint(
            model_name="pricelist",
            constraint=models.CheckConstraint(condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="price_list_currency_iso"),
        ),
        migrations.AddConstraint(
            model_name="pricelist",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__isnull", True), ("store_group__isnull", True), _connector="OR"), name="price_list_one_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="pricelist",
            constraint=models.CheckConstraint(condition=models.Q(("priority__range", (-1000, 1000))), name="price_list_priority"),
        ),
        migrations.AddIndex(
            model_name="pricepoint",
            index=models.Index(fields=["variant", "currency", "at"], name="price_point_of_variant"),
        ),
        migrations.AddIndex(
            model_name="coupon",
            index=models.Index(fields=["promotion", "-made_at", "code"], name="coupon_of_promotion"),
        ),
        migrations.AddIndex(
            model_name="coupon",
            index=models.Index(fields=["batch"], name="coupon_by_batch"),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(condition=models.Q(("code__regex", "^[A-Z0-9-]{3,40}$")), name="coupon_code"),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(fields=["promotion", "-at"], name="redemption_recent"),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(
                condition=models.Q(("customer__isnull", False)), fields=["customer", "promotion", "at"], name="redemption_of_customer"
            ),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(fields=["order"], name="redemption_of_order"),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.UniqueConstraint(fields=("promotion", "order"), name="redemption_once_per_order"),
        ),
        migrations.AddIndex(
            model_name="simulation",
            index=models.Index(fields=["-made_at", "-id"], name="simulation_recent"),
        ),
        migrations.AddConstraint(
            model_name="simulation",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="simulation_has_name"),
        ),
        migrations.AddIndex(
            model_name="sticker",
            index=models.Index(fields=["store", "-made_at"], name="sticker_of_store"),
        ),
        migrations.AddIndex(
            model_name="sticker",
            index=models.Index(fields=["-made_at"], name="sticker_recent"),
        ),
        migrations.AddConstraint(
            model_name="sticker",
            constraint=models.CheckConstraint(condition=models.Q(("code__regex", "^28[0-9]{11}$")), name="sticker_code"),
        ),
        migrations.AddConstraint(
            model_name="sticker",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("value__gt", 0), models.Q(models.Q(("kind", "percent"), _negated=True), ("value__lte", 1000000), _connector="OR")
                ),
                name="sticker_value",
            ),
        ),
        migrations.AddConstraint(
            model_name="sticker",
            constraint=models.CheckConstraint(condition=models.Q(("pieces__gt", 0)), name="sticker_pieces"),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(condition=models.Q(("rate__lt", 1000000)), name="zone_rate_below_one"),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_on__isnull", True), ("ends_on__isnull", True), ("ends_on__gt", models.F("starts_on")), _connector="OR"),
                name="tax_rate_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("zone", "="),
                    ("tax_class", "="),
                    ("code", "="),
                    (
                        models.Func(
                            models.F("starts_on"),
                            models.F("ends_on"),
                            function="daterange",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="tax_rate_no_overlap",
            ),
        ),
        migrations.AddIndex(
            model_name="taxexemption",
            index=models.Index(fields=["customer", "expires_on"], name="exemption_of_customer"),
        ),
        migrations.AddConstraint(
            model_name="taxexemption",
            constraint=models.CheckConstraint(condition=models.Q(("certificate", ""), _negated=True), name="exemption_has_certificate"),
        ),
        migrations.AddConstraint(
            model_name="taxexemption",
            constraint=models.CheckConstraint(condition=models.Q(("expires_on__gt", models.F("starts_on"))), name="exemption_expires_after_start"),
        ),
        migrations.AddConstraint(
            model_name="channeltax",
            constraint=models.CheckConstraint(condition=models.Q(("cash_rounding__gt", 0)), name="cash_rounding_positive"),
        ),
    ]
