"""Every address of the product. What is not here answers 404."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from backoffice import search
from commerce import health
from commerce.graphql import GraphQLDoor
from commerce.media import media
from commerce.schema import schema
from pos import views as till

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/"), name="start"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("media/<path:path>", media, name="media"),
    path("pos/", till.till, name="till"),
    path("pos/sw.js", till.service_worker, name="till-worker"),
    path("pos/<str:name>", till.worker, name="till-script"),
    path("admin/command/", admin.site.admin_view(search.palette), name="command"),
    path("admin/simulator/", include("backoffice.simulator.views")),
    path("admin/", admin.site.urls),
    path("graphql/", GraphQLDoor.as_view(schema=schema), name="graphql"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(template_name="swagger.html"), name="docs"),
    path("api/v1/", include("catalog.urls")),
    path("api/v1/", include("inventory.urls")),
    path("api/v1/", include("customers.urls")),
    path("api/v1/", include("orders.urls")),
    path("api/v1/", include("pos.urls")),
    path("api/v1/", include("backoffice.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("demo.urls")))

handler400 = "commerce.errors.bad_request"
handler403 = "commerce.errors.not_allowed"
handler404 = "commerce.errors.not_found"
handler500 = "commerce.errors.server_error"
