"""What somebody is known by, where they live, who is two and which groups there are, through GraphQL: the rest of what REST has of customers."""

import json
from uuid import UUID

import graphene

from catalog.schema import PageInfo, local_id
from customers import queries, services
from customers.schema import LARGEST_ID, CustomerGroup, CustomerPayload, by, named, page_info, written
from kernel.errors import Invalid
from org.doors import allowed
from org.paging import cursor, page_size, plain_text, position
from org.writing import errors_field, key_field, mutated


class CustomerNote(graphene.ObjectType):
    id = graphene.ID(required=True)
    text = graphene.String(required=True)
    actor = graphene.ID(description="Who of the staff.")
    at = graphene.DateTime(required=True)


class CustomerNotes(graphene.ObjectType):
    nodes = graphene.List(graphene.NonNull(CustomerNote), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class Query:
    customer_notes = graphene.Field(
        CustomerNotes,
        required=True,
        description="What staff wrote down about somebody, newest first.",
        customer=graphene.ID(required=True),
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
    )
    customer_export = graphene.JSONString(
        required=True, description="All that is known of somebody, as one object to hand to them.", id=graphene.ID(required=True)
    )

    @allowed("customers:read")
    def resolve_customer_notes(root, info, customer, first=None, after=None):
        place = position(after, int, field="after")
        before = None if place is None else min(max(place[0], 1), LARGEST_ID)
        page = queries.notes_of(customer=named(customer), first=page_size(first, field="first"), before=before)
        told = [cursor(note["id"]) for note in (*page.items[:1], *page.items[-1:])]
        ends = (told[0], told[-1]) if told else (None, None)
        return {"nodes": page.items, "page_info": page_info(page.more, after, ends)}

    @allowed("customers:read")
    def resolve_customer_export(root, info, id):
        return told(services.export(id=named(id)))


def told(export):
    """Dates as they are written."""
    return json.loads(json.dumps(export, default=str))


class CustomerAddressReplaceInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
    address = graphene.ID(required=True, description="The one whose place it takes, its defaults too.")
    name = graphene.String()
    company = graphene.String()
    line1 = graphene.String(required=True)
    line2 = graphene.String()
    city = graphene.String(required=True)
    region = graphene.String(description="Its code, or its name.")
    postcode = graphene.String()
    country = graphene.String(required=True, description="Two letters.")
    phone = graphene.String()
    default_shipping = graphene.Boolean()
    default_billing = graphene.Boolean()
    idempotency_key = key_field()


class CustomerAddressRemoveInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
    address = graphene.ID(required=True)
    idempotency_key = key_field()


class CustomerIdentityAddInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
    kind = graphene.String(required=True, description="email, phone, card or external")
    system = graphene.String(description="Of external: whose id it is.")
    value = graphene.String(required=True)
    country = graphene.String(description="Of a phone number without its country: two letters.")
    verified = graphene.Boolean(description="They have shown that it is theirs.")
    idempotency_key = key_field()


class CustomerIdentityRemoveInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
    identity = graphene.ID(required=True)
    idempotency_key = key_field()


class CustomerKeepApartInput(graphene.InputObjectType):
    suggestion = graphene.ID(required=True, description="A CustomerSuggestion's.")
    idempotency_key = key_field()


class CustomerGroupCreateInput(graphene.InputObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)
    idempotency_key = key_field()


class CustomerKeptApartPayload(graphene.ObjectType):
    suggestion = graphene.ID(description="Null when it was refused.")
    errors = errors_field()

    def resolve_suggestion(payload, info):
        return payload["suggestion"] and payload["suggestion"]["id"]


class CustomerGroupPayload(graphene.ObjectType):
    group = graphene.Field(CustomerGroup, description="Null when it was refused.")
    errors = errors_field()


def taking(input, description, payload=CustomerPayload):
    return graphene.Field(payload, required=True, description=description, input=graphene.Argument(input, required=True))


class Mutation:
    customer_address_replace = taking(CustomerAddressReplaceInput, "Another address in the place of one. What was sent to the old one still says so.")
    customer_address_remove = taking(CustomerAddressRemoveInput, "Out of the address book. Removed twice is fine.")
    customer_identity_add = taking(CustomerIdentityAddInput, "Something more they are known by; with verified, also of what is there already.")
    customer_identity_remove = taking(CustomerIdentityRemoveInput, "They are not known by it any more; another may be.")
    customer_keep_apart = taking(CustomerKeepApartInput, "They are two, and will not be suggested again.", CustomerKeptApartPayload)
    customer_group_create = taking(CustomerGroupCreateInput, "What prices know customers by.", CustomerGroupPayload)

    @allowed("customers:write")
    def resolve_customer_address_replace(root, info, input):
        def effect(asked):
            customer, old = named(asked.pop("customer")), address_of(asked.pop("address"))
            shipping, billing = (bool(asked.pop(name, False)) for name in ("default_shipping", "default_billing"))
            now = info.context.now
            id = services.replace_address(customer=customer, id=old, address=asked, now=now)
            if shipping or billing:
                services.set_default_address(customer=customer, id=id, shipping=shipping or None, billing=billing or None, now=now)
            return customer

        return written(info, "customerAddressReplace", input, effect)

    @allowed("customers:write")
    def resolve_customer_address_remove(root, info, input):
        def effect(asked):
            customer = named(asked["customer"])
            services.remove_address(customer=customer, id=address_of(asked["address"]), now=info.context.now)
            return customer

        return written(info, "customerAddressRemove", input, effect)

    @allowed("customers:write")
    def resolve_customer_identity_add(root, info, input):
        def effect(asked):
            customer = named(asked["customer"])
            services.add_identity(customer=customer, **identity_of(asked), **by(info))
            if asked.get("verified"):
                services.verify_identity(customer=customer, **identity_of(asked), **by(info))
            return customer

        return written(info, "customerIdentityAdd", input, effect)

    @allowed("customers:write")
    def resolve_customer_identity_remove(root, info, input):
        def effect(asked):
            customer = named(asked["customer"])
            services.remove_identity(customer=customer, id=number(asked["identity"]), **by(info))
            return customer

        return written(info, "customerIdentityRemove", input, effect)

    @allowed("customers:write")
    def resolve_customer_keep_apart(root, info, input):
        def effect():
            services.keep_apart(id=number(input["suggestion"]), **by(info))
            return {"id": input["suggestion"]}

        return mutated(info.context, operation="customerKeepApart", given=input, told="suggestion", effect=effect)

    @allowed("customers:write")
    def resolve_customer_group_create(root, info, input):
        def effect():
            made = {"code": code_of(input["code"]), "name": plain_text(input["name"], field="name", longest=100)}
            services.create_group(code=made["code"], name=made["name"], **by(info))
            return made

        return mutated(info.context, operation="customerGroupCreate", given=input, told="group", effect=effect)


def address_of(text: str) -> UUID:
    found = local_id("Address", text)
    if found is None:
        raise services.UnknownAddress
    return found


def identity_of(asked):
    longest = {"kind": 20, "value": 254, "system": 40, "country": 2}
    return {name: plain_text(asked.get(name), field=name, longest=most) for name, most in longest.items()}


def number(text: str) -> int:
    """A row's; one that cannot be is not there."""
    return min(int(text), LARGEST_ID) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def code_of(text: str) -> str:
    code = plain_text(text, field="code", longest=60)
    if not code or not all(one.isascii() and (one.isalnum() or one in "-_") for one in code):
        raise Invalid("Letters, digits, - and _.", field="code")
    return code
