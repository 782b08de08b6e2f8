"""Customers on the wire of REST."""

from typing import Any

from rest_framework import serializers

from customers.models import Customer, Identity
from kernel.errors import Invalid
from org.doors import PageFilter

VERSION = "As it was read: a change of another's meanwhile is refused with customer_changed."


class UnknownField(Invalid):
    code = "unknown_field"
    title = "There is no such field here"


class Given(serializers.Serializer[Any]):
    """A body. A name it does not know is refused: a misspelt field must not be left out in silence."""

    @classmethod
    def of(cls, data: Any, **more: Any) -> dict[str, Any]:
        reader: Given = cls(data=data, **more)
        for name in data if isinstance(data, dict) else ():
            if name not in reader.fields:
                raise UnknownField(f"There is no {str(name)[:60]} here. Known: {', '.join(reader.fields)}.", field=str(name)[:100])
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)


def text(longest: int, help_text: str = "", **more: Any) -> serializers.CharField:
    return serializers.CharField(required=False, max_length=longest, allow_blank=True, allow_null=True, help_text=help_text, **more)


class CustomerGiven(Given):
    given_name = text(100)
    family_name = text(100)
    company = text(100)
    email = text(254, "One customer's alone; of a guest it may be another's too.")
    phone = text(40, "With its country: +49 30 1234567. Without it is a number of `country`.")
    country = text(2, "Two letters; absent: the shop's.")
    birthday = serializers.DateField(required=False, allow_null=True)
    tax_number = text(40)
    language = text(10)
    card = text(60, "A loyalty card's number.")
    external = serializers.DictField(child=serializers.CharField(max_length=200), required=False, help_text="Ids in other systems: {system: id}.")
    account_limit = serializers.IntegerField(required=False, min_value=0, max_value=10**12, help_text="Minor units; of a business alone.")
    currency = text(3, "Of the limit.")
    exempt_until = serializers.DateField(required=False, allow_null=True, help_text="Until then, that day included, it pays no tax.")
    groups = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=50, help_text="Codes; all of them.")
    guest = serializers.BooleanField(required=False)
    kind = serializers.ChoiceField(choices=Customer.Kind.choices, required=False)


class CustomerChangeGiven(CustomerGiven):
    version = serializers.IntegerField(min_value=1, help_text=VERSION)


class AddressParts(Given):
    name = text(100)
    company = text(100)
    line1 = text(120)
    line2 = text(120)
    city = text(80)
    region = text(80, "Its code, or its name.")
    postcode = text(16)
    country = serializers.CharField(max_length=2, help_text="Two letters.")
    phone = text(40)


class AddressGiven(AddressParts):
    default_shipping = serializers.BooleanField(required=False, default=False)
    default_billing = serializers.BooleanField(required=False, default=False)
    replaces = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="The address whose place it takes, its defaults too.")


class IdentityGiven(Given):
    kind = serializers.ChoiceField(choices=Identity.Kind.choices)
    system = serializers.CharField(required=False, default="", max_length=40, allow_blank=True, help_text="Of external: whose id it is.")
    value = serializers.CharField(max_length=254)
    country = text(2, default="")
    verified = serializers.BooleanField(required=False, default=False, help_text="They have shown that it is theirs.")


class ConsentGiven(Given):
    channel = serializers.ChoiceField(choices=["email", "sms", "phone", "post"])
    purpose = serializers.CharField(max_length=40)
    given = serializers.BooleanField()
    wording = serializers.CharField(max_length=40, help_text="The version of the text that was shown.")
    source = serializers.CharField(max_length=40, help_text="Where it was asked: till, web, letter.")  # type: ignore[assignment]  # of the consent


class CustomerNoteGiven(Given):
    text = serializers.CharField(max_length=4000)


class MergeGiven(Given):
    gone = serializers.UUIDField(help_text="Who becomes part of the customer of this address.")


class ErasureGiven(Given):
    force = serializers.BooleanField(required=False, default=False, help_text="Although an order is not settled or value is left.")


class GroupGiven(Given):
    code = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=100)


class CustomerFilter(PageFilter):
    q = serializers.CharField(
        required=False,
        default="",
        max_length=200,
        help_text="Beginnings of words of the name, a number, an e-mail address, a phone or card number.",
    )
    group = serializers.CharField(required=False, default="", max_length=60)
    kind = serializers.ChoiceField(choices=Customer.Kind.choices, required=False, default="")
    guest = serializers.BooleanField(required=False, allow_null=True, default=None)
    archived = serializers.BooleanField(required=False, default=False, help_text="Also those that were archived.")


class SuggestionFilter(PageFilter):
    customer = serializers.UUIDField(required=False, default=None)


class CustomerWrittenOut(serializers.Serializer[Any]):
    """Nothing personal: the answer to a write is kept for when it is sent again. Read the customer for the rest."""

    id = serializers.CharField(help_text="Of what was made.")
    customer = serializers.UUIDField()
    version = serializers.IntegerField(required=False)


class AddressOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    company = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField()
    postcode = serializers.CharField()
    country = serializers.CharField()
    phone = serializers.CharField()
    default_shipping = serializers.BooleanField()
    default_billing = serializers.BooleanField()


class IdentityOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    system = serializers.CharField()
    value = serializers.CharField()
    verified_at = serializers.DateTimeField(allow_null=True)


class ConsentOut(serializers.Serializer[Any]):
    channel = serializers.CharField()
    purpose = serializers.CharField()
    given = serializers.BooleanField()
    wording = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # of the consent
    actor = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()


class CustomerRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    kind = serializers.CharField()
    guest = serializers.BooleanField()
    name = serializers.CharField(help_text="Given name, family name and company as far as they are known.")
    given_name = serializers.CharField()
    family_name = serializers.CharField()
    company = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    birthday = serializers.CharField()
    tax_number = serializers.CharField()
    language = serializers.CharField()
    groups = serializers.ListField(child=serializers.CharField())
    account_limit = serializers.IntegerField()
    currency = serializers.CharField()
    exempt_until = serializers.DateField(allow_null=True)
    merged_into = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)
    erased_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class CustomerOut(CustomerRow):
    identities = IdentityOut(many=True)
    addresses = AddressOut(many=True)
    consents = ConsentOut(many=True, help_text="What counts now: the newest answer of each channel and purpose.")


class CustomerPage(serializers.Serializer[Any]):
    items = CustomerRow(many=True)
    next = serializers.CharField(allow_null=True)


class NoteOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    text = serializers.CharField()
    actor = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()


class NotePage(serializers.Serializer[Any]):
    items = NoteOut(many=True)
    next = serializers.CharField(allow_null=True)


class EntryOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="customer, consent, note, value, order and what apps add.")
    id = serializers.CharField()
    facts = serializers.DictField(help_text="By kind.")


class EntryPage(serializers.Serializer[Any]):
    items = EntryOut(many=True)
    next = serializers.CharField(allow_null=True)


class SuggestionOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField(), help_text="email, phone, household (name and postcode)")
    made_at = serializers.DateTimeField()
    customers = CustomerRow(many=True)


class SuggestionPage(serializers.Serializer[Any]):
    items = SuggestionOut(many=True)
    next = serializers.CharField(allow_null=True)


class GroupOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()


class GroupPage(serializers.Serializer[Any]):
    items = GroupOut(many=True)
    next = serializers.CharField(allow_null=True)
