"""Every address of the product. What is not here answers 404."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView


def when(module: str, *routes: str) -> list:
    return [path(route, include(module)) for route in routes] if find_spec(module) else []


urlpatterns = [
    path("", RedirectView.as_view(url="/admin/"), name="start"),
    path("admin/", admin.site.urls),
    *when("catalog.urls", "api/v1/"),
    *when("orders.urls", "api/v1/"),
    *when("inventory.urls", "api/v1/"),
    *when("pos.urls", "api/v1/"),
    *when("backoffice.urls", "api/v1/"),
]
if find_spec("commerce.health"):
    from commerce import health

    urlpatterns += [path("healthz", health.healthz), path("readyz", health.readyz)]
if find_spec("pos.views"):
    from pos import views as pos_views

    urlpatterns += [path("pos/", pos_views.till, name="till")]
    if hasattr(pos_views, "service_worker"):
        urlpatterns += [path("pos/sw.js", pos_views.service_worker, name="till-service-worker")]
if settings.DEMO:
    urlpatterns += when("demo.urls", "demo/")

handler400 = "commerce.errors.bad_request"
handler403 = "commerce.errors.not_allowed"
handler404 = "commerce.errors.not_found"
handler500 = "commerce.errors.server_error"
