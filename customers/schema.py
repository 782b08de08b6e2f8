"""Customers through GraphQL, for staff and secret keys: the same rows, rules and codes as REST.

A mutation's answer is kept for when it is sent again, so it keeps an id alone; the customer is read afresh for every answer.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import graphene
from graphql_relay import to_global_id

from catalog.schema import PageInfo, local_id
from customers import queries, services
from kernel.errors import Invalid, NotFound
from org.doors import allowed
from org.paging import cursor, moment, page_size, plain_text, position
from org.writing import errors_field, key_field, mutated

Json = dict[str, Any]
LARGEST_ID = 2**63 - 1


class CustomerAddress(graphene.ObjectType):
    id = graphene.ID(required=True)
    name = graphene.String(required=True)
    company = graphene.String(required=True)
    line1 = graphene.String(required=True)
    line2 = graphene.String(required=True)
    city = graphene.String(required=True)
    region = graphene.String(required=True)
    postcode = graphene.String(required=True)
    country = graphene.String(required=True)
    phone = graphene.String(required=True)
    default_shipping = graphene.Boolean(required=True)
    default_billing = graphene.Boolean(required=True)


class CustomerIdentity(graphene.ObjectType):
    id = graphene.ID(required=True)
    kind = graphene.String(required=True, description="email, phone, card or external")
    system = graphene.String(required=True, description="Of external: whose id it is.")
    value = graphene.String(required=True)
    verified_at = graphene.DateTime()


class CustomerConsent(graphene.ObjectType):
    channel = graphene.String(required=True, description="email, sms, phone or post")
    purpose = graphene.String(required=True)
    given = graphene.Boolean(required=True)
    wording = graphene.String(required=True, description="The version of the text that was shown.")
    source = graphene.String(required=True)
    at = graphene.DateTime(required=True)


class CustomerEntry(graphene.ObjectType):
    at = graphene.DateTime(required=True)
    kind = graphene.String(required=True, description="customer, consent, note, value, order …")
    id = graphene.String(required=True)
    facts = graphene.JSONString(required=True, description="By kind.")

    def resolve_facts(entry, info):
        return dict(entry.facts)


class CustomerEntries(graphene.ObjectType):
    nodes = graphene.List(graphene.NonNull(CustomerEntry), required=True)
    page_info = graphene.Field(PageInfo, required=True)


def whole(customer: Json, info: Any) -> Json:
    """Of a customer from a list: what the list did not read, read for all of the answer so far at once."""
    if "addresses" in customer:
        return customer
    memo = info.context.memo
    read: dict[UUID, Json] = memo.setdefault("customers.whole", {})
    if customer["id"] not in read:
        read.update(queries.read_all(ids=[id for id in memo["customers.listed"] if id not in read]))
    return read[customer["id"]]


def listed(info: Any, customers: Iterable[Json]) -> None:
    info.context.memo.setdefault("customers.listed", {}).update((customer["id"], None) for customer in customers)


class Customer(graphene.ObjectType):
    id = graphene.ID(required=True)
    number = graphene.String(required=True, description="C-104233")
    kind = graphene.String(required=True, description="person or business")
    guest = graphene.Boolean(required=True)
    name = graphene.String(required=True, description="Given name, family name and company as far as they are known.")
    given_name = graphene.String(required=True)
    family_name = graphene.String(required=True)
    company = graphene.String(required=True)
    email = graphene.String(required=True)
    phone = graphene.String(required=True)
    birthday = graphene.String(required=True)
    tax_number = graphene.String(required=True)
    language = graphene.String(required=True)
    groups = graphene.List(graphene.NonNull(graphene.String), required=True, description="Codes.")
    account_limit = graphene.BigInt(required=True, description="Minor units of currency; 0: pays at once.")
    currency = graphene.String(required=True)
    exempt_until = graphene.Date()
    merged_into_id = graphene.ID()
    created_at = graphene.DateTime(required=True)
    changed_at = graphene.DateTime(required=True)
    erased_at = graphene.DateTime()
    version = graphene.Int(required=True)
    identities = graphene.List(graphene.NonNull(CustomerIdentity), required=True)
    addresses = graphene.List(graphene.NonNull(CustomerAddress), required=True)
    consents = graphene.List(graphene.NonNull(CustomerConsent), required=True, description="What counts now.")
    timeline = graphene.Field(
        CustomerEntries,
        required=True,
        description="What happened, newest first.",
        first=graphene.Int(default_value=20, description="1 to 100"),
        after=graphene.String(),
    )

    def resolve_id(customer, info):
        return to_global_id("Customer", customer["id"])

    def resolve_merged_into_id(customer, info):
        return to_global_id("Customer", customer["merged_into"]) if customer["merged_into"] else None

    def resolve_identities(customer, info):
        return whole(customer, info)["identities"]

    def resolve_addresses(customer, info):
        return whole(customer, info)["addresses"]

    def resolve_consents(customer, info):
        return whole(customer, info)["consents"]

    def resolve_timeline(customer, info, first=None, after=None):
        if "addresses" not in customer:
            raise Invalid("Ask for the timeline of one customer at a time.", field="timeline")
        before = position(after, moment, str, str, field="after")
        page = queries.timeline(id=customer["id"], first=page_size(first, field="first"), before=before)
        ends = [cursor(entry.at.isoformat(), entry.kind, entry.id) for entry in (page.items[0], page.items[-1])] if page.items else [None, None]
        return {"nodes": page.items, "page_info": page_info(page.more, after, ends)}


def page_info(more: bool, after: str | None, ends: Any) -> PageInfo:
    return PageInfo(has_next_page=more, has_previous_page=bool(after), start_cursor=ends[0], end_cursor=ends[1])


class CustomerEdge(graphene.ObjectType):
    cursor = graphene.String(required=True)
    node = graphene.Field(Customer, required=True)

    def resolve_cursor(customer, info):
        return place_of(customer)

    def resolve_node(customer, info):
        return customer


class CustomerConnection(graphene.ObjectType):
    edges = graphene.List(graphene.NonNull(CustomerEdge), required=True)
    nodes = graphene.List(graphene.NonNull(Customer), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class CustomerSuggestion(graphene.ObjectType):
    id = graphene.ID(required=True)
    reasons = graphene.List(graphene.NonNull(graphene.String), required=True, description="email, phone, household (name and postcode)")
    made_at = graphene.DateTime(required=True)
    customers = graphene.List(graphene.NonNull(Customer), required=True)


class CustomerGroup(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)


class CustomerSuggestions(graphene.ObjectType):
    nodes = graphene.List(graphene.NonNull(CustomerSuggestion), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class CustomerFilter(graphene.InputObjectType):
    text = graphene.String(description="Beginnings of the words of a name, a number, an e-mail address, a phone or card number.")
    group = graphene.String()
    kind = graphene.String()
    guest = graphene.Boolean()
    archived = graphene.Boolean(description="Also those that were archived.")


def place_of(customer: Json) -> str:
    return cursor(customer["created_at"].isoformat(), customer["id"])


class Query:
    customer = graphene.Field(
        Customer,
        description="By its id, or by what it is known by: the first of these that is given. Null: there is none.",
        id=graphene.ID(),
        email=graphene.String(),
        phone=graphene.String(),
        card=graphene.String(),
    )
    customers = graphene.Field(
        CustomerConnection,
        required=True,
        description="Newest first. Who was erased, or is part of another, is not among them.",
        filter=graphene.Argument(CustomerFilter),
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
    )
    customer_suggestions = graphene.Field(
        CustomerSuggestions,
        required=True,
        description="Two who may be one, not decided yet; newest first.",
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
    )
    customer_groups = graphene.List(graphene.NonNull(CustomerGroup), required=True, description="What prices know customers by.")

    @allowed("customers:read")
    def resolve_customer(root, info, id=None, email=None, phone=None, card=None):
        try:
            known = local_id("Customer", id) or found_by(email, phone, card)
            return queries.read(id=known) if known else None
        except NotFound:
            return None

    @allowed("customers:read")
    def resolve_customers(root, info, filter=None, first=None, after=None):
        before = position(after, moment, UUID, field="after")
        page = queries.search(wanted=wanted_of(filter or {}), first=page_size(first, field="first"), before=before)
        listed(info, page.items)
        ends = (place_of(page.items[0]), place_of(page.items[-1])) if page.items else (None, None)
        return {"edges": page.items, "nodes": page.items, "page_info": page_info(page.more, after, ends)}

    @allowed("customers:read")
    def resolve_customer_suggestions(root, info, first=None, after=None):
        place = position(after, int, field="after")
        before = None if place is None else min(max(place[0], 1), LARGEST_ID)
        page = queries.suggestions(first=page_size(first, field="first"), before=before)
        listed(info, (customer for one in page.items for customer in one["customers"]))
        ends = (cursor(page.items[0]["id"]), cursor(page.items[-1]["id"])) if page.items else (None, None)
        return {"nodes": page.items, "page_info": page_info(page.more, after, ends)}

    @allowed("customers:read")
    def resolve_customer_groups(root, info):
        return queries.groups()


def found_by(email: str | None, phone: str | None, card: str | None) -> UUID | None:
    given = {kind: plain_text(value, field=kind) for kind, value in (("email", email), ("phone", phone), ("card", card)) if value}
    if not given:
        raise Invalid("Give an id, an email, a phone or a card.", field="id")
    return queries.find(**given)


def wanted_of(filter: Any) -> queries.Wanted:
    texts = {name: plain_text(filter.get(name), field=name) for name in ("text", "group", "kind")}
    return queries.Wanted(**texts, guest=filter.get("guest"), archived=bool(filter.get("archived")))


class CustomerPayload(graphene.ObjectType):
    customer = graphene.Field(Customer, description="As it is now; null when it was refused.")
    errors = errors_field()

    def resolve_customer(payload, info):
        # Who may write alone learns nothing of whom they write about.
        info.context.require("customers:read")
        return queries.read(id=UUID(payload["customer"]["id"])) if payload["customer"] else None


class ExternalInput(graphene.InputObjectType):
    system = graphene.String(required=True)
    id = graphene.String(required=True)


class CustomerDetails:
    given_name = graphene.String()
    family_name = graphene.String()
    company = graphene.String()
    email = graphene.String(description="One customer's alone; of a guest it may be another's too.")
    phone = graphene.String(description="With its country: +49 30 1234567. Without it is a number of country.")
    country = graphene.String(description="Two letters; absent: the shop's.")
    birthday = graphene.Date()
    tax_number = graphene.String()
    language = graphene.String()
    card = graphene.String(description="A loyalty card's number.")
    external = graphene.List(graphene.NonNull(ExternalInput), description="Ids in other systems.")
    account_limit = graphene.BigInt(description="Minor units; of a business alone.")
    currency = graphene.String()
    exempt_until = graphene.Date(description="Until then, that day included, it pays no tax.")
    groups = graphene.List(graphene.NonNull(graphene.String), description="Codes; all of them.")
    guest = graphene.Boolean(description="In a change: false makes an account of a guest.")
    kind = graphene.String(description="person or business")


class CustomerCreateInput(CustomerDetails, graphene.InputObjectType):
    idempotency_key = key_field()


class CustomerChangeInput(CustomerDetails, graphene.InputObjectType):
    id = graphene.ID(required=True)
    version = graphene.Int(required=True, description="As it was read: a change of another's meanwhile is refused with customer_changed.")
    idempotency_key = key_field()


class CustomerAddressInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
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


class CustomerConsentInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
    channel = graphene.String(required=True, description="email, sms, phone or post")
    purpose = graphene.String(required=True)
    given = graphene.Boolean(required=True)
    wording = graphene.String(required=True, description="The version of the text that was shown.")
    source = graphene.String(required=True, description="Where it was asked: till, web, letter.")
    idempotency_key = key_field()


class CustomerNoteInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
    text = graphene.String(required=True)
    idempotency_key = key_field()


class CustomerMergeInput(graphene.InputObjectType):
    keep = graphene.ID(required=True)
    gone = graphene.ID(required=True, description="Becomes part of the other.")
    idempotency_key = key_field()


class CustomerEraseInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
    force = graphene.Boolean(description="Although an order is not settled or value is left.")
    idempotency_key = key_field()


def written(info: Any, operation: str, given: Any, effect: Any) -> Json:
    """`effect(asked)`: the input without its key; answers whose customer is told."""
    asked = {name: value for name, value in given.items() if name != "idempotency_key"}
    return mutated(info.context, operation=operation, given=given, told="customer", effect=lambda: {"id": str(effect(asked))})


def details_of(asked: Json) -> Json:
    if asked.get("external") is not None:
        asked["external"] = {one["system"]: one["id"] for one in asked["external"]}
    return asked


def by(info: Any) -> Json:
    principal = info.context.principal
    return {"actor": principal.user.id if principal.user else None, "now": info.context.now}


def named(id: Any) -> UUID:
    found = local_id("Customer", id)
    if found is None:
        raise services.UnknownCustomer
    return found


class Mutation:
    customer_create = graphene.Field(CustomerPayload, required=True, input=graphene.Argument(CustomerCreateInput, required=True))
    customer_change = graphene.Field(
        CustomerPayload,
        required=True,
        description="What is named becomes so; empty or null takes it away.",
        input=graphene.Argument(CustomerChangeInput, required=True),
    )
    customer_address_add = graphene.Field(CustomerPayload, required=True, input=graphene.Argument(CustomerAddressInput, required=True))
    customer_consent_record = graphene.Field(CustomerPayload, required=True, input=graphene.Argument(CustomerConsentInput, required=True))
    customer_note_add = graphene.Field(CustomerPayload, required=True, input=graphene.Argument(CustomerNoteInput, required=True))
    customer_merge = graphene.Field(
        CustomerPayload,
        required=True,
        description="Everything the gone one had is the kept one's. Done again it does nothing.",
        input=graphene.Argument(CustomerMergeInput, required=True),
    )
    customer_erase = graphene.Field(
        CustomerPayload,
        required=True,
        description="Everything sealed under their key is gone for ever. Refused with customer_unsettled while something is open, unless forced.",
        input=graphene.Argument(CustomerEraseInput, required=True),
    )

    @allowed("customers:write")
    def resolve_customer_create(root, info, input):
        def effect(asked):
            kind, guest, groups = asked.pop("kind", None) or "person", bool(asked.pop("guest", False)), asked.pop("groups", None) or ()
            return services.create_customer(data=details_of(asked), kind=kind, guest=guest, groups=groups, **by(info))

        return written(info, "customerCreate", input, effect)

    @allowed("customers:write")
    def resolve_customer_change(root, info, input):
        def effect(asked):
            id, version = named(asked.pop("id")), asked.pop("version")
            services.change_customer(id=id, data=details_of(asked), version=version, **by(info))
            return id

        return written(info, "customerChange", input, effect)

    @allowed("customers:write")
    def resolve_customer_address_add(root, info, input):
        def effect(asked):
            id = named(asked.pop("customer"))
            defaults = {name: bool(asked.pop(name, False)) for name in ("default_shipping", "default_billing")}
            services.add_address(customer=id, address=asked, **defaults, now=info.context.now)
            return id

        return written(info, "customerAddressAdd", input, effect)

    @allowed("customers:write")
    def resolve_customer_consent_record(root, info, input):
        def effect(asked):
            id = named(asked.pop("customer"))
            services.record_consent(customer=id, **asked, **by(info))
            return id

        return written(info, "customerConsentRecord", input, effect)

    @allowed("customers:write")
    def resolve_customer_note_add(root, info, input):
        def effect(asked):
            id = named(asked["customer"])
            services.add_note(customer=id, text=asked["text"], **by(info))
            return id

        return written(info, "customerNoteAdd", input, effect)

    @allowed("customers:write")
    def resolve_customer_merge(root, info, input):
        def effect(asked):
            keep = named(asked["keep"])
            services.merge(keep=keep, gone=named(asked["gone"]), **by(info))
            return keep

        return written(info, "customerMerge", input, effect)

    @allowed("customers:erase")
    def resolve_customer_erase(root, info, input):
        def effect(asked):
            id = named(asked["customer"])
            services.erase(id=id, force=bool(asked.get("force")), **by(info))
            return id

        return written(info, "customerErase", input, effect)
