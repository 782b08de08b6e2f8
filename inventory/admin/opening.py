"""Opening stock from a file: what it would bring, what is refused and why, then in, and out again as a whole."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from org.access import allows


class OpeningPages:
    """Mixed into the admin of documents."""

    admin_site: Any
    opts: Any

    def opening_urls(self, wrap: Callable[..., Any]) -> list[Any]:
        return [path("opening/", wrap(self.opening), name="inventory_document_opening")]

    def opening(self, request: HttpRequest) -> HttpResponse:
        if not allows(request.user, "inventory.adjust"):
            raise PermissionDenied
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        title = _("Opening stock")
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "breadcrumb": self.breadcrumb(title),  # type: ignore[attr-defined]
            "back": self.list_path(),  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "backoffice/stock_opening.html", context)
