"""Cases with a code of their own: scanned at a receipt, such a code is so many of a variant."""

from uuid import UUID

from django.db import transaction

from catalog.gtin import normalise, shown
from inventory.bounds import MOST
from inventory.models import Pack
from inventory.queries.goods import goods, scanned
from inventory.services.lines import BundleHasNoStock, UnknownGoods, WholePiecesOnly
from kernel.errors import Conflict, Invalid, NotFound
from org.paging import plain_text


class PackCodeTaken(Conflict):
    code = "pack_code_taken"
    title = "Something else has this code"


class UnknownPack(NotFound):
    code = "pack_not_found"
    title = "No case has this code"


@transaction.atomic
def set_pack(*, variant: UUID, gtin: str, quantity: int, name: str = "") -> Pack:
    """`quantity`: thousandths of the variant in one case. A code that is on a case of this variant already is changed.
    Raises BadGtin, PackCodeTaken, UnknownGoods, WholePiecesOnly."""
    code = normalise(gtin)
    good = goods(variants=[variant]).get(variant)
    if good is None:
        raise UnknownGoods(field="variant")
    if good.bundle:
        raise BundleHasNoStock(f"{good.sku} is a bundle: give its components cases.", field="variant")
    if not 0 < quantity <= MOST:
        raise Invalid("In a case is more than nothing, and no more than a million.", field="quantity")
    if good.pieces and quantity % 1000:
        raise WholePiecesOnly(f"{good.sku} is sold by the piece: a case has a whole number of them.", field="quantity")
    known = scanned(codes=[code]).get(code)
    if known is not None and (known.variant != variant or not Pack.objects.filter(gtin=code).exists()):
        raise PackCodeTaken(f"{shown(code)} is the code of something else. A case needs its own.", field="gtin")
    told = {"variant_id": variant, "quantity": quantity, "name": plain_text(name.strip(), field="name", longest=60)}
    return Pack.objects.update_or_create(gtin=code, defaults=told)[0]


def remove_pack(*, gtin: str) -> None:
    """What was received with it stays received."""
    if not Pack.objects.filter(gtin=normalise(gtin)).delete()[0]:
        raise UnknownPack(field="gtin")
