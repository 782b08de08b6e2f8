"""Every address of the product. What is not here answers 404."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from commerce import health
from commerce.graphql import GraphQLDoor
from commerce.schema import schema
from pos import views as till


def when(module: str, *routes: str) -> list:
    return [path(route, include(module)) for route in routes] if find_spec(module) else []


urlpatterns = [
    path("", RedirectView.as_view(url="/admin/"), name="start"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("pos/", till.till, name="till"),
    path("admin/", admin.site.urls),
    path("graphql/", GraphQLDoor.as_view(schema=schema), name="graphql"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(template_name="swagger.html"), name="docs"),
    path("api/v1/", include("catalog.urls")),
    path("api/v1/", include("inventory.urls")),
    path("api/v1/", include("orders.urls")),
    path("api/v1/", include("pos.urls")),
    path("api/v1/", include("backoffice.urls")),
]
if hasattr(till, "service_worker"):
    urlpatterns += [path("pos/sw.js", till.service_worker, name="till-service-worker")]
if settings.DEMO:
    urlpatterns += when("demo.urls", "demo/")

handler400 = "commerce.errors.bad_request"
handler403 = "commerce.errors.not_allowed"
handler404 = "commerce.errors.not_found"
handler500 = "commerce.errors.server_error"
