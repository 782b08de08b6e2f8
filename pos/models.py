"""Tills, their journal and their shifts. The journal keeps the exact text a till made; nothing here is ever changed
but the state of its posting."""

from django.db import models
from django.db.models import Q

from kernel.ids import uuid7
from org.models import Store, User


class Till(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "number"], name="till_once_per_store")]

    def __str__(self) -> str:
        return f"{self.store} {self.name}"


class EnrolmentCode(models.Model):
    """A one-time code that turns a browser into a till. Only its hash is kept."""

    till = models.ForeignKey(Till, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_by = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"code for {self.till}"


class TillEpoch(models.Model):
    """One enrolment of a till. A new enrolment fences the old one off: its number is one higher."""

    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="epochs")
    epoch = models.PositiveIntegerField()
    token_digest = models.BinaryField(max_length=32, unique=True)
    # ECDSA P-256, as JWK. The private half never leaves the browser.
    public_key = models.JSONField()
    enrolled_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    # Why, in a person's words: "lost", "replaced".
    revoked_reason = models.CharField(max_length=200, blank=True, default="")
    last_seen_at = models.DateTimeField(null=True)
    # What the device said of itself last: {"waiting", "oldest_ms", "free_bytes", "persisted", "release"}.
    reported = models.JSONField(default=dict)
    # So far its chain was seen to be without a hole; the next look begins here. Behind the truth, never ahead of it.
    chained_to = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["till", "epoch"], name="epoch_once"),
            models.UniqueConstraint(fields=["till"], condition=Q(revoked_at__isnull=True), name="one_live_epoch_per_till"),
        ]

    def __str__(self) -> str:
        return f"{self.till} epoch {self.epoch}"


class PinCredential(models.Model):
    """A cashier's PIN in one store: PBKDF2 with the store's salt, so that four digits name one person per store."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "store"], name="one_pin_per_store"),
            models.UniqueConstraint(fields=["store", "digest"], name="pin_names_one_person"),
        ]

    def __str__(self) -> str:
        return f"PIN of {self.user} in {self.store}"


class JournalEntry(models.Model):
    """An entry as the till made it. `text` is what was hashed and chained; columns are read from it once."""

    class State(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        QUARANTINED = "quarantined", "Quarantined"

    class Posting(models.TextChoices):
        PENDING = "pending", "Waiting"
        POSTED = "posted", "Posted"
        FAILED = "failed", "Needs a person"
        NONE = "none", "Nothing to post"

    id = models.UUIDField(primary_key=True, editable=False)
    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="+")
    epoch = models.PositiveIntegerField()
    seq = models.BigIntegerField()
    prev = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)
    text = models.TextField()
    kind = models.CharField(max_length=20)
    shift = models.UUIDField(null=True)
    state = models.CharField(max_length=12, choices=State)
    reason = models.CharField(max_length=200, blank=True, default="")
    posting = models.CharField(max_length=10, choices=Posting)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    received_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "journal entries"
        constraints = [models.UniqueConstraint(fields=["till", "epoch", "seq"], condition=Q(state="accepted"), name="entry_once_per_seq")]
        indexes = [
            models.Index(fields=["received_at"], condition=Q(posting="pending"), name="entry_to_post"),
            models.Index(fields=["-received_at", "-id"], name="entry_recent"),
            models.Index(fields=["shift", "kind"], name="entry_by_shift"),
            models.Index(fields=["id"], condition=Q(posting="failed") | Q(state="quarantined"), name="entry_attention"),
            models.Index(fields=["till", "epoch", "seq"], condition=Q(state="quarantined"), name="entry_apart_by_place"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.epoch}/{self.seq}"


class JournalConflict(models.Model):
    """Another text under an id or a place in the chain that is taken: both are kept and a person is told."""

    entry = models.UUIDField()
    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="+")
    epoch = models.PositiveIntegerField()
    seq = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    text = models.TextField()
    # What was taken: "id_taken", "place_taken", or "forked" for what is chained to a text that found its place taken.
    reason = models.CharField(max_length=20, blank=True, default="")
    received_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "hash"], name="conflict_once")]
        indexes = [models.Index(fields=["till", "epoch", "seq"], name="conflict_by_place")]

    def __str__(self) -> str:
        return f"conflict on {self.entry}"


class Shift(models.Model):
    """A drawer from float to count. Opened and closed by journal entries; totals come from its orders."""

    # The id of the session_open entry's session.
    id = models.UUIDField(primary_key=True, editable=False)
    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="+")
    cashier = models.UUIDField()
    business_date = models.DateField()
    opened_at = models.DateTimeField()
    float_amount = models.BigIntegerField()
    closed_at = models.DateTimeField(null=True)
    counted = models.BigIntegerField(null=True)
    expected = models.BigIntegerField(null=True)
    close_body = models.JSONField(null=True)
    # The place of the close in its till's chain: the Z is final once every entry before it has come and been posted.
    close_epoch = models.PositiveIntegerField(null=True)
    close_seq = models.BigIntegerField(null=True)
    final_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="shift_recent"),
            models.Index(fields=["till", "-opened_at"], name="shift_by_till"),
            models.Index(fields=["closed_at"], condition=Q(closed_at__isnull=False, final_at__isnull=True), name="shift_to_finish"),
            models.Index(fields=["till"], condition=Q(closed_at__isnull=True), name="shift_open"),
        ]

    def __str__(self) -> str:
        return f"{self.till} {self.opened_at:%Y-%m-%d %H:%M}"


class PriceSnapshot(models.Model):
    """The rules some tills sold by: written when a till first fetches them, never changed, and kept as long as a sale may come that
    names them, so that it can be worked out anew by the very rules it was made with."""

    # Of the text: the same rules are kept once.
    id = models.CharField(max_length=64, primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    # {"rules", "timezone", "channel", "store"} as the till had them, and "place", the store's id: what one store had is never another's.
    rules = models.TextField()
    made_at = models.DateTimeField()
    # To the day; null where the release before wrote it.
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["store", "-made_at"], name="price_snapshot_of_store")]

    def __str__(self) -> str:
        return self.id


class TillCatalogue(models.Model):
    """What a store's tills are told: the manifest as it is sent, made anew when something it was made from has changed."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="+")
    # One more with every change that a till can see.
    position = models.BigIntegerField(default=0)
    snapshot = models.CharField(max_length=16, default="")
    # Of what it was made from (pos.queries.told).
    signature = models.CharField(max_length=32, default="")
    pieces = models.PositiveIntegerField(default=0)
    # When something that is told is over.
    next_change_at = models.DateTimeField(null=True)
    body = models.BinaryField(default=b"")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.store_id} {self.position}"


class CatalogueChunk(models.Model):
    """A piece of a catalogue, known by its content (pos.chunks): stores that are told the same have the same one."""

    id = models.CharField(max_length=32, primary_key=True)
    items = models.PositiveIntegerField()
    # Packed with gzip, as it is sent.
    body = models.BinaryField()

    def __str__(self) -> str:
        return self.id


class ToldChunk(models.Model):
    """Which pieces a store's tills may read: those they were told of."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, db_index=False, related_name="+")
    chunk = models.ForeignKey(CatalogueChunk, on_delete=models.CASCADE, related_name="+")
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "chunk"], name="chunk_told_once")]
        indexes = [models.Index(fields=["dropped_at"], condition=Q(dropped_at__isnull=False), name="told_chunk_dropped")]

    def __str__(self) -> str:
        return f"{self.store_id} {self.chunk_id}"


class DrawerEvent(models.Model):
    """Cash that came to or left a drawer beside the sales, and the times it was opened for none."""

    class Kind(models.TextChoices):
        CASH_IN = "cash_in", "Cash in"
        CASH_OUT = "cash_out", "Cash out"
        PAYOUT = "payout", "Payout"
        SAFE_DROP = "safe_drop", "Safe drop"
        NO_SALE = "no_sale", "Drawer opened"

    # The journal entry's.
    id = models.UUIDField(primary_key=True, editable=False)
    # The session's; a shift may be opened by an entry that has not come yet.
    shift = models.UUIDField()
    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    # Minor units as the drawer sees them: above zero comes in.
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True, default="")
    cashier = models.UUIDField()
    approved_by = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="cash_in", amount__gt=0)
                | Q(kind__in=["cash_out", "payout", "safe_drop"], amount__lt=0)
                | Q(kind="no_sale", amount=0),
                name="drawer_event_has_its_sign",
            )
        ]
        indexes = [models.Index(fields=["shift", "occurred_at"], name="drawer_event_of_shift")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class LateEntry(models.Model):
    """What came for a shift whose Z was final: an addendum of that shift, never a change of it."""

    entry = models.UUIDField(primary_key=True, editable=False)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="late_entries")
    kind = models.CharField(max_length=20)
    # What it brought into the drawer, and what was sold. Minor units.
    cash = models.BigIntegerField()
    total = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["shift", "received_at"], name="late_entry_of_shift")]

    def __str__(self) -> str:
        return f"late {self.kind} of {self.shift_id}"


class SyncNote(models.Model):
    """One line of a store's sync inbox: something that was not as expected when a till's entry was posted. The sale stands."""

    class Kind(models.TextChoices):
        PRICE = "price", "Price had changed"
        STOCK = "stock", "Stock was gone"
        SHIFT = "shift", "Shift was already closed"
        CUSTOMER = "customer", "Customer is not known"
        ITEM = "item", "Item is not known"
        LIMIT = "limit", "Given beyond its limit"
        SUMS = "sums", "Sums do not agree"
        HELD = "held", "Could not be posted"
        APART = "apart", "Kept apart"
        CONFLICT = "conflict", "Two texts for one entry"
        HOLE = "hole", "Entries are missing"
        CLOCK = "clock", "The till's clock was wrong"

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="+")
    # None where no entry stands for it: a hole.
    entry = models.UUIDField(null=True)
    kind = models.CharField(max_length=10, choices=Kind)
    # What tells notes of one kind about one entry apart: a line's number, a variant, a place in the chain.
    about = models.CharField(max_length=80, blank=True, default="")
    # The facts its words are made of; plain values, no personal data.
    facts = models.JSONField(default=dict)
    # What it costs or brings, in minor units of the store; 0 where it is not about money.
    amount = models.BigIntegerField(default=0)
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    # The fix that was chosen; "rule" when a setting closed it.
    fix = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["till", "entry", "kind", "about"], nulls_distinct=False, name="note_once"),
        ]
        indexes = [
            models.Index(fields=["store", "-happened_at", "-id"], name="note_of_store"),
            models.Index(fields=["store", "-happened_at", "-id"], condition=Q(closed_at__isnull=True), name="note_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"


class NoteQuestion(models.Model):
    """Somebody is asked about a note, and what they said. An answer is a person's words: it stands here and in no journal."""

    note = models.OneToOneField(SyncNote, on_delete=models.CASCADE, primary_key=True, related_name="question")
    asked = models.UUIDField()
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=200, blank=True, default="")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["asked"], condition=Q(answered_at__isnull=True), name="question_waits_for")]

    def __str__(self) -> str:
        return f"question about {self.note_id}"


class SealedHead(models.Model):
    """How far a chain had come at the end of a day, signed and kept in the storage too: whoever cuts its tail is found out."""

    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="+")
    epoch = models.PositiveIntegerField()
    seq = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    receipt = models.BigIntegerField()
    sealed_at = models.DateTimeField()
    file = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["till", "epoch", "seq"], name="head_sealed_once")]

    def __str__(self) -> str:
        return f"{self.till} {self.epoch}/{self.seq}"
