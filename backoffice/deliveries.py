"""What staff and their programs see of events on their way out."""

from kernel.errors import NotFound
from kernel.models import Delivery
from org.paging import Page, page_of


def deliveries(*, first: int, after: int | None = None, state: str = "", subscriber: str = "") -> Page[Delivery]:
    """Newest first."""
    bounds: dict[str, object] = {"state": state} if state else {}
    if subscriber:
        bounds["subscriber"] = subscriber
    if after is not None:
        bounds["id__lt"] = after
    return page_of(list(Delivery.objects.filter(**bounds).select_related("message").order_by("-id")[: first + 1]), first=first)


def delivery(*, id: int) -> Delivery:
    found = Delivery.objects.select_related("message").filter(id=id).first()
    if found is None:
        raise NotFound("There is no such delivery.")
    return found
