"""Bodies that REST takes of orders."""

from typing import Any

from rest_framework import serializers

from orders.carts import UnknownField

MOST = 2**53 - 1
VERSION = "As it was read: a change of another's meanwhile is refused with order_changed."
MINOR = "Minor units of the order's currency."


class Given(serializers.Serializer[Any]):
    """A name it does not know is refused: a misspelt field must not be left out in silence."""

    @classmethod
    def of(cls, data: Any) -> dict[str, Any]:
        reader = cls(data=data)
        for name in data if isinstance(data, dict) else ():
            if name not in reader.fields:
                raise UnknownField(f"There is no {str(name)[:60]} here. Known: {', '.join(reader.fields)}.", field=str(name)[:100])
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)


class VersionGiven(Given):
    version = serializers.IntegerField(min_value=1, max_value=MOST, help_text=VERSION)


class ReasonGiven(VersionGiven):
    reason = serializers.CharField(max_length=40, help_text="Why; not who.")


class NoteGiven(VersionGiven):
    note = serializers.CharField(max_length=200, help_text="What was found.")


class ChangeGiven(Given):
    line = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST, help_text="The position of a line that is there.")
    sku = serializers.CharField(required=False, default="", max_length=60, allow_blank=True, help_text="Or what is added.")
    quantity = serializers.IntegerField(min_value=0, max_value=9_999_000, help_text="Thousandths it shall be; 0 takes the line out.")


class EditGiven(VersionGiven):
    changes = ChangeGiven(many=True, max_length=200)  # type: ignore[call-arg]


class PaymentGiven(VersionGiven):
    kind = serializers.CharField(max_length=12, help_text="cash, card, transfer, gift_card, store_credit, points or account.")
    amount = serializers.IntegerField(min_value=1, max_value=MOST, help_text=f"{MINOR} No more than is owed.")
    code = serializers.CharField(required=False, default="", max_length=60, allow_blank=True, help_text="Of a gift card.")
    backend = serializers.CharField(required=False, default="", max_length=40, allow_blank=True, help_text="Of a card: who takes it.")
    token = serializers.CharField(
        required=False, default="", max_length=255, allow_blank=True, help_text="Of a card: what the provider gave for it; never its number."
    )
    label = serializers.CharField(required=False, default="", max_length=60, allow_blank=True, help_text="What people know it by.")  # type: ignore[assignment]  # also the name of an argument of every field


class PartGiven(Given):
    amount = serializers.IntegerField(min_value=1, max_value=MOST, help_text=MINOR)
    due_on = serializers.DateField(required=False, allow_null=True, default=None)


class ScheduleGiven(VersionGiven):
    parts = PartGiven(many=True, max_length=100)  # type: ignore[call-arg]


class QuoteGiven(Given):
    channel = serializers.SlugField(required=False, default="", max_length=20, help_text="Its code; a key has its own.")
    lines = serializers.ListField(child=serializers.DictField(), max_length=200, help_text="As a cart has them: sku and quantity in thousandths.")
    coupons = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=20)
    delivery = serializers.DictField(required=False, allow_null=True, default=None, help_text="As a cart has it.")
    customer = serializers.UUIDField(required=False, allow_null=True, default=None)
    ship_to = serializers.UUIDField(required=False, allow_null=True, default=None)
    bill_to = serializers.UUIDField(required=False, allow_null=True, default=None)
    parts = PartGiven(many=True, required=False, max_length=100)  # type: ignore[call-arg]
    until = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="How long it holds.")


class InvoiceGiven(Given):
    """Nothing: what is on it is what was sold."""


class MailGiven(Given):
    what = serializers.ChoiceField(
        choices=["confirmation", "invoice"], required=False, default="confirmation", help_text="How the order stands, or its newest invoice."
    )


class PeriodGiven(Given):
    company = serializers.SlugField(max_length=20, help_text="Its code.")
    through = serializers.DateField(help_text="The last day that is closed.")


class MovedOut(serializers.Serializer[Any]):
    order = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.CharField()
    version = serializers.IntegerField(help_text="For the next change.")
    total = serializers.IntegerField(help_text=MINOR)
    paid = serializers.IntegerField(help_text=MINOR)


class InvoiceOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order = serializers.UUIDField()
    kind = serializers.CharField(help_text="invoice or credit_note")
    name = serializers.CharField(help_text="Its number as printed: without gaps.")
    currency = serializers.CharField()
    total = serializers.IntegerField(help_text=MINOR)
    issued_on = serializers.DateField()
    document = serializers.DictField(help_text="All that is on paper but who it is for.")


class InvoicePage(serializers.Serializer[Any]):
    items = InvoiceOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null: an order has two at most.")


class StepOut(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="placed, paid, part_paid, held, let_go, edited, cancelled, expired, handed_over, invoiced, …")
    facts = serializers.DictField()
    actor = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()


class DueOut(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    amount = serializers.IntegerField(help_text=MINOR)
    paid = serializers.IntegerField(help_text=MINOR)
    due_on = serializers.DateField(allow_null=True)
