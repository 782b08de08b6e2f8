"""Product types with attributes, brands, collections, pictures, publish windows, store ranges, runs with their diff, and the
read models of search and shelf."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_audit"),
        ("org", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attribute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("choice", "Choice"),
                            ("multi_choice", "Several choices"),
                            ("boolean", "Yes or no"),
                            ("date", "Date"),
                            ("measurement", "Measurement"),
                        ],
                        max_length=12,
                    ),
                ),
                ("unit", models.CharField(blank=True, default="", help_text="Of a number: g, W, °C.", max_length=10)),
                ("filterable", models.BooleanField(default=False)),
                ("translations", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="AttributeChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=100)),
                ("position", models.PositiveIntegerField(default=0)),
                ("translations", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Brand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(allow_unicode=True, max_length=60, unique=True)),
                ("name", models.CharField(max_length=100)),
            ],
        ),
        migrations.CreateModel(
            name="Card",
            fields=[
                ("pk", models.CompositePrimaryKey("channel_id", "product_id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("channel", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="org.channel")),
                ("product", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.product")),
                ("handle", models.CharField(max_length=200)),
                ("sort_key", models.CharField(db_collation="C", max_length=300)),
                ("price", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                (
                    "facets",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(db_collation="C", max_length=200), default=list, size=None),
                ),
                ("body", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Collection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("description", models.TextField(blank=True, default="", help_text="HTML, cleaned when it is written.")),
                ("seo_title", models.CharField(blank=True, default="", max_length=120, verbose_name="search engine title")),
                ("seo_description", models.CharField(blank=True, default="", max_length=320, verbose_name="search engine description")),
                ("translations", models.JSONField(blank=True, default=dict)),
                ("code", models.SlugField(allow_unicode=True, max_length=60, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("kind", models.CharField(choices=[("manual", "Chosen by hand"), ("rule", "By rule")], max_length=10)),
                ("rule", models.JSONField(blank=True, default=dict)),
                ("position", models.PositiveIntegerField(default=0)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CollectionProduct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="ColumnMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("header_hash", models.CharField(max_length=64, unique=True)),
                ("mapping", models.JSONField(default=dict)),
                ("used_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="HandleRedirect",
            fields=[
                ("handle", models.CharField(max_length=200, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("file", models.CharField(blank=True, default="", max_length=200)),
                ("digest", models.CharField(blank=True, default="", max_length=64)),
                ("format", models.CharField(max_length=30)),
                ("currency", models.CharField(max_length=3)),
                ("tax_class", models.CharField(blank=True, default="", max_length=20)),
                ("mapping", models.JSONField(blank=True, default=dict)),
                ("fixes", models.JSONField(blank=True, default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "Columns to match"),
                            ("reading", "Being read"),
                            ("review", "To review"),
                            ("applying", "Being applied"),
                            ("applied", "Applied"),
                            ("undoing", "Being undone"),
                            ("undone", "Undone"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("job", models.UUIDField(blank=True, null=True)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("columns", models.PositiveIntegerField(default=0)),
                ("tally", models.JSONField(blank=True, default=dict)),
                ("error", models.CharField(blank=True, default="", max_length=500)),
                ("actor", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "import",
            },
        ),
        migrations.CreateModel(
            name="Media",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("file", models.FileField(max_length=200, upload_to="")),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=30)),
                ("size", models.PositiveIntegerField()),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("focal_x", models.PositiveSmallIntegerField(default=500)),
                ("focal_y", models.PositiveSmallIntegerField(default=500)),
                ("renditions", models.JSONField(blank=True, default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Being prepared"), ("ready", "Ready"), ("failed", "Cannot be shown")], default="waiting", max_length=8
                    ),
                ),
                ("error", models.CharField(blank=True, default="", max_length=200)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "picture",
            },
        ),
        migrations.CreateModel(
            name="PlannedChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField()),
                ("product", models.UUIDField(blank=True, null=True)),
                ("name", models.CharField(max_length=300)),
                ("fields", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="ProductMedia",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("alt", models.CharField(blank=True, default="", max_length=200, verbose_name="what it shows")),
                ("position", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="ProductType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=100)),
            ],
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("offered", models.BooleanField(default=True)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("created", "Created"), ("changed", "Changed"), ("undone", "Undone")], max_length=8)),
                ("fields", models.JSONField(default=dict)),
                ("kept", models.JSONField(blank=True, default=list)),
                ("actor", models.CharField(blank=True, default="", max_length=64)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_entry",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
                ("document", django.contrib.postgres.search.SearchVectorField()),
                ("codes", models.TextField(default="")),
                (
                    "facets",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(db_collation="C", max_length=200), default=list, size=None),
                ),
                ("sku", models.CharField(db_collation="C", default="", max_length=60)),
                ("price", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SearchMiss",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("words", models.CharField(max_length=100)),
                ("times", models.PositiveIntegerField(default=1)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SearchPin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("words", models.CharField(help_text="As normalised by catalog.search.words.", max_length=100)),
                ("position", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("word", models.CharField(db_collation="C", max_length=60, primary_key=True, serialize=False)),
                ("products", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="ShelfState",
            fields=[
                (
                    "channel",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="org.channel"
                    ),
                ),
                ("version", models.BigIntegerField(default=0)),
                ("next_change_at", models.DateTimeField(blank=True, null=True)),
                ("rebuilt_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StoreRange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "life_cycle",
                    models.CharField(
                        choices=[("planned", "Planned"), ("active", "Active"), ("run_down", "Run-down"), ("delisted", "Delisted")], max_length=10
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Synonym",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), help_text="Separated by commas: soda, pop, fizzy drink", size=None
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TypeAttribute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(default=0)),
                ("required", models.BooleanField(default=False)),
            ],
        ),
        migrations.RenameField(
            model_name="refusedrow",
            old_name="job",
            new_name="run",
        ),
        migrations.AddField(
            model_name="category",
            name="description",
            field=models.TextField(blank=True, default="", help_text="HTML, cleaned when it is written."),
        ),
        migrations.AddField(
            model_name="category",
            name="seo_description",
            field=models.CharField(blank=True, default="", max_length=320, verbose_name="search engine description"),
        ),
        migrations.AddField(
            model_name="category",
            name="seo_title",
            field=models.CharField(blank=True, default="", max_length=120, verbose_name="search engine title"),
        ),
        migrations.AddField(
            model_name="category",
            name="translations",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="product",
            name="age_limit",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="product",
            name="attributes",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="product",
            name="life_cycle",
            field=models.CharField(
                choices=[("planned", "Planned"), ("active", "Active"), ("run_down", "Run-down"), ("delisted", "Delisted")],
                default="active",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="seo_description",
            field=models.CharField(blank=True, default="", max_length=320, verbose_name="search engine description"),
        ),
        migrations.AddField(
            model_name="product",
            name="seo_title",
            field=models.CharField(blank=True, default="", max_length=120, verbose_name="search engine title"),
        ),
        migrations.AddField(
            model_name="product",
            name="tags",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name="product",
            name="tracks_lots",
            field=models.BooleanField(default=False, verbose_name="kept by lot"),
        ),
        migrations.AddField(
            model_name="product",
            name="tracks_serials",
            field=models.BooleanField(default=False, verbose_name="each piece has a serial number"),
        ),
        migrations.AddField(
            model_name="product",
            name="translations",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="refusedrow",
            name="suggestion",
            field=models.CharField(blank=True, default="", max_length=300),
        ),
        migrations.AddField(
            model_name="variant",
            name="deposit",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="deposit_of", to="catalog.variant"
            ),
        ),
        migrations.AddField(
            model_name="variant",
            name="reference_cost",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="variant",
            name="translations",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name="category",
            name="code",
            field=models.SlugField(allow_unicode=True, max_length=60, unique=True),
        ),
        migrations.AlterField(
            model_name="product",
            name="description",
            field=models.TextField(blank=True, default="", help_text="HTML, cleaned when it is written."),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(("parent__isnull", True), models.Q(("parent", models.F("id")), _negated=True), _connector="OR"),
                name="category_not_its_own_parent",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference_cost__isnull", True), ("reference_cost__gte", 0), _connector="OR"), name="variant_cost_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("deposit__isnull", True), models.Q(("deposit", models.F("id")), _negated=True), _connector="OR"),
                name="variant_not_its_own_deposit",
            ),
        ),
        migrations.AddField(
            model_name="attributechoice",
            name="attribute",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="choices", to="catalog.attribute"),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="brand_has_name"),
        ),
        # The text stays beside the new key until the next migration has read it.
        migrations.RenameField(model_name="product", old_name="brand", new_name="brand_name"),
        migrations.AddField(
            model_name="product",
            name="brand",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="products", to="catalog.brand"),
        ),
        migrations.AddField(
            model_name="collectionproduct",
            name="collection",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="members", to="catalog.collection"),
        ),
        migrations.AddField(
            model_name="collectionproduct",
            name="product",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="catalog.product"),
        ),
        migrations.AddField(
            model_name="handleredirect",
            name="product",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="redirects", to="catalog.product"),
        ),
        migrations.AddIndex(
            model_name="importrun",
            index=models.Index(fields=["-created_at", "id"], name="import_run_recent"),
        ),
        migrations.AddConstraint(
            model_name="media",
            constraint=models.CheckConstraint(condition=models.Q(("focal_x__lte", 1000), ("focal_y__lte", 1000)), name="media_focal_point_inside"),
        ),
        migrations.AddField(
            model_name="plannedchange",
            name="run",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="planned", to="catalog.importrun"),
        ),
        migrations.AddField(
            model_name="productmedia",
            name="media",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="catalog.media"),
        ),
        migrations.AddField(
            model_name="productmedia",
            name="product",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="pictures", to="catalog.product"),
        ),
        migrations.AddField(
            model_name="productmedia",
            name="variant",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="pictures", to="catalog.variant"
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="type",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="products", to="catalog.producttype"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["sort_key", "id"], name="product_by_name"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("age_limit__isnull", True), ("age_limit__range", (1, 99)), _connector="OR"), name="product_age_limit_in_years"
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="channel",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="org.channel"),
        ),
        migrations.AddField(
            model_name="publication",
            name="product",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="publications", to="catalog.product"),
        ),
        migrations.AddField(
            model_name="revision",
            name="product",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="catalog.product"),
        ),
        migrations.AddField(
            model_name="revision",
            name="run",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="revisions", to="catalog.importrun"
            ),
        ),
        migrations.AddField(
            model_name="revision",
            name="undone_by",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.revision"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(fields=["sku", "product"], name="entry_by_sku"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(fields=["price", "product"], name="entry_by_price"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(fields=["document"], gin_pending_list_limit=512, name="search_words"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("codes", name="gin_trgm_ops"), name="search_codes"
            ),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(fields=["facets"], name="search_facets"),
        ),
        migrations.AddField(
            model_name="searchmiss",
            name="channel",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="org.channel"),
        ),
        migrations.AddField(
            model_name="searchpin",
            name="product",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="pins", to="catalog.product"),
        ),
        migrations.AddIndex(
            model_name="searchword",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("word", name="gin_trgm_ops"), name="search_word_likeness"
            ),
        ),
        migrations.AddField(
            model_name="storerange",
            name="product",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="ranges", to="catalog.product"),
        ),
        migrations.AddField(
            model_name="storerange",
            name="store",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="org.store"),
        ),
        migrations.AddField(
            model_name="typeattribute",
            name="attribute",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="type_attributes", to="catalog.attribute"),
        ),
        migrations.AddField(
            model_name="typeattribute",
            name="type",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="type_attributes", to="catalog.producttype"),
        ),
        migrations.AddField(
            model_name="producttype",
            name="attributes",
            field=models.ManyToManyField(related_name="product_types", through="catalog.TypeAttribute", to="catalog.attribute"),
        ),
        migrations.AddConstraint(
            model_name="attributechoice",
            constraint=models.UniqueConstraint(fields=("attribute", "code"), name="choice_once_per_attribute"),
        ),
        migrations.AddIndex(
            model_name="card",
            index=models.Index(fields=["channel", "sort_key", "product"], name="card_by_name"),
        ),
        migrations.AddIndex(
            model_name="card",
            index=models.Index(fields=["channel", "price", "product"], name="card_by_price"),
        ),
        migrations.AddIndex(
            model_name="card",
            index=models.Index(fields=["channel", "-created_at", "product"], name="card_by_age"),
        ),
        migrations.AddIndex(
            model_name="card",
            index=models.Index(fields=["channel", "handle"], name="card_by_handle"),
        ),
        migrations.AddIndex(
            model_name="card",
            index=django.contrib.postgres.indexes.GinIndex(fields=["facets"], name="card_facets"),
        ),
        migrations.AddConstraint(
            model_name="collectionproduct",
            constraint=models.UniqueConstraint(fields=("collection", "product"), name="product_once_per_collection"),
        ),
        migrations.AddIndex(
            model_name="plannedchange",
            index=models.Index(fields=["run", "line"], name="planned_of_run"),
        ),
        migrations.AddConstraint(
            model_name="productmedia",
            constraint=models.UniqueConstraint(fields=("product", "variant", "media"), name="picture_once_per_product", nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.UniqueConstraint(fields=("product", "channel"), name="publication_once_per_channel"),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_at__isnull", True), ("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"),
                name="publication_ends_after_start",
            ),
        ),
        migrations.AddIndex(
            model_name="revision",
            index=models.Index(fields=["product", "-id"], name="revision_of_product"),
        ),
        migrations.AddIndex(
            model_name="revision",
            index=models.Index(condition=models.Q(("run__isnull", False)), fields=["run", "id"], name="revision_of_run"),
        ),
        migrations.AddIndex(
            model_name="searchmiss",
            index=models.Index(fields=["-times", "words"], name="miss_most"),
        ),
        migrations.AddConstraint(
            model_name="searchmiss",
            constraint=models.UniqueConstraint(fields=("words", "channel"), name="miss_once_per_words", nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name="searchpin",
            index=models.Index(fields=["words", "position"], name="pin_by_words"),
        ),
        migrations.AddConstraint(
            model_name="searchpin",
            constraint=models.UniqueConstraint(fields=("words", "product"), name="pin_once_per_words"),
        ),
        migrations.AddConstraint(
            model_name="storerange",
            constraint=models.UniqueConstraint(fields=("product", "store"), name="range_once_per_store"),
        ),
        migrations.AddConstraint(
            model_name="typeattribute",
            constraint=models.UniqueConstraint(fields=("type", "attribute"), name="attribute_once_per_type"),
        ),
        migrations.AddIndex(model_name="publication", index=models.Index(fields=["channel", "starts_at"], name="publication_by_start")),
        migrations.AddIndex(model_name="publication", index=models.Index(fields=["channel", "ends_at"], name="publication_by_end")),
    ]
