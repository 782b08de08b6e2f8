"""Saved views of the back office's lists: kept, renamed, shared, removed. Somebody's views are changed by nobody else."""

from datetime import datetime
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from kernel.errors import Conflict, Invalid, NotFound
from org.models import SavedView

MOST = 50
# The page somebody happens to be on, and what says an error, are no part of a view.
PASSING = frozenset({"p", "e", "all"})


class ViewNameTaken(Conflict):
    code = "view_name_taken"
    title = "You have a view of this name"


class ViewNotFound(NotFound):
    code = "view_not_found"
    title = "There is no such view of yours"


class TooManyViews(Invalid):
    code = "too_many_views"
    title = "This list has too many views"


def seen_by(*, user: UUID | None, list: str) -> QuerySet[SavedView]:
    """Own ones and those shared by others, by name. Whoever asks has made sure that the list itself may be seen."""
    return SavedView.objects.filter(Q(user=user) | Q(shared=True), list=list).select_related("user").order_by("name", "id")[:MOST]


def plain_query(query: str) -> str:
    """In one order and without what passes, so that a view can be told from another."""
    pairs = [(key, value) for key, value in parse_qsl(query.lstrip("?")) if key not in PASSING and "\0" not in key + value]
    return urlencode(sorted(pairs))


def save_view(*, user: UUID, list: str, name: str, query: str, shared: bool, now: datetime) -> SavedView:
    if SavedView.objects.filter(user=user, list=list).count() >= MOST:
        raise TooManyViews(f"{MOST} views of one list are enough. Remove one first.", field="name")
    view = SavedView(user_id=user, list=list, name=_name(name), query=_query(query), shared=shared, created_at=now)
    return _written(view)


def change_view(*, view: int, user: UUID, name: str | None = None, shared: bool | None = None, query: str | None = None) -> SavedView:
    """What is None stays as it is."""
    held = _own(view, user)
    held.name = held.name if name is None else _name(name)
    held.shared = held.shared if shared is None else shared
    held.query = held.query if query is None else _query(query)
    return _written(held)


def remove_view(*, view: int, user: UUID) -> SavedView:
    held = _own(view, user)
    held.delete()
    return held


def _own(view: int, user: UUID) -> SavedView:
    held = SavedView.objects.filter(pk=view, user=user).first()
    if held is None:
        raise ViewNotFound(field="view")
    return held


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 60 or "\0" in name:
        raise Invalid("Give the view a name of 60 characters at most.", field="name")
    return name


def _query(query: str) -> str:
    query = plain_query(query)
    if len(query) > 2000:
        raise Invalid("These are too many filters for one view.", field="query")
    return query


def _written(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise ViewNameTaken(f"You have a view called {view.name} already. Choose another name.", field="name") from None
    return view
