"""What doors and lists read: made from the other tables, dropped and made anew by one command (manage.py rebuild_shelf)."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from org.models import Channel


class Card(models.Model):
    """A product as one channel shows it, ready to be sent. Only what the channel may see has one."""

    pk = models.CompositePrimaryKey("channel_id", "product_id")
    # Every index begins with it.
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False, related_name="+")
    product = models.ForeignKey("Product", on_delete=models.CASCADE, related_name="+")
    handle = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=300, db_collation="C")
    # The lowest price of its variants, in minor units of the channel's currency.
    price = models.BigIntegerField()
    created_at = models.DateTimeField()
    # What lists are narrowed by: "category:tea", "brand:kestrel", "attribute.roast:dark" (see catalog.facets).
    facets = ArrayField(models.CharField(max_length=200, db_collation="C"), default=list)
    # The document of catalog.documents as JSON text.
    body = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["channel", "sort_key", "product"], name="card_by_name"),
            models.Index(fields=["channel", "price", "product"], name="card_by_price"),
            models.Index(fields=["channel", "-created_at", "product"], name="card_by_age"),
            models.Index(fields=["channel", "handle"], name="card_by_handle"),
            GinIndex(fields=["facets"], name="card_facets"),
        ]

    def __str__(self) -> str:
        return self.handle


class ShelfState(models.Model):
    """One row a channel. `version` moves with every change that a reader of the channel could see."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, primary_key=True, related_name="+")
    version = models.BigIntegerField(default=0)
    # When time alone changes what is to be seen: the next publish window to open or close.
    next_change_at = models.DateTimeField(null=True, blank=True)
    rebuilt_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.channel_id} {self.version}"


class PriceBookState(models.Model):
    """One row: which rules of pricing stand. Moved by triggers with every change of a promotion or a tax, never by a sale."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # Drawn anew, not counted: one that was rolled back never stands for something else later.
    version = models.UUIDField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="price_book_state_once")]

    def __str__(self) -> str:
        return str(self.version)


class SearchEntry(models.Model):
    """A product as people look for it: words in three languages, codes, and facets over everything, drafts included."""

    product = models.OneToOneField("Product", on_delete=models.CASCADE, primary_key=True, related_name="search_entry")
    document = SearchVectorField()
    # SKUs without case and the 14 digits of GTINs, for parts of them.
    codes = models.TextField(default="")
    facets = ArrayField(models.CharField(max_length=200, db_collation="C"), default=list)
    # What lists are ordered by, of the variants that are not archived: the lowest SKU, the lowest price in the shop's currency.
    sku = models.CharField(max_length=60, db_collation="C", default="")
    price = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["sku", "product"], name="entry_by_sku"),
            models.Index(fields=["price", "product"], name="entry_by_price"),
            # Every search reads the lists of what waits for these indexes: who writes empties them (catalog.search.entries).
            GinIndex(fields=["document"], name="search_words", gin_pending_list_limit=512),
            GinIndex(OpClass("codes", name="gin_trgm_ops"), name="search_codes"),
            GinIndex(fields=["facets"], name="search_facets"),
        ]

    def __str__(self) -> str:
        return str(self.product_id)


class SearchWord(models.Model):
    """Every word of the catalogue: what a mistyped one is compared with."""

    word = models.CharField(primary_key=True, max_length=60, db_collation="C")
    # In how many products it was when it was last counted.
    products = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [GinIndex(OpClass("word", name="gin_trgm_ops"), name="search_word_likeness")]

    def __str__(self) -> str:
        return self.word


class Synonym(models.Model):
    """Words that mean the same here: whoever looks for one finds the others."""

    words = ArrayField(models.CharField(max_length=60), help_text="Separated by commas: soda, pop, fizzy drink")

    def __str__(self) -> str:
        return ", ".join(self.words)


class SearchPin(models.Model):
    """For these words this product stands first."""

    words = models.CharField(max_length=100, help_text="As normalised by catalog.search.words.")
    product = models.ForeignKey("Product", on_delete=models.CASCADE, related_name="pins")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["words", "product"], name="pin_once_per_words")]
        indexes = [models.Index(fields=["words", "position"], name="pin_by_words")]

    def __str__(self) -> str:
        return f"{self.words}: {self.product_id}"


class SearchMiss(models.Model):
    """What somebody looked for and nobody found."""

    words = models.CharField(max_length=100)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["words", "channel"], name="miss_once_per_words", nulls_distinct=False)]
        indexes = [models.Index(fields=["-times", "words"], name="miss_most")]

    def __str__(self) -> str:
        return self.words
