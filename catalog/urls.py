from django.urls import path

from catalog import api

app_name = "catalog"
urlpatterns = [
    path("products", api.Products.as_view(), name="products"),
    path("products/<uuid:id>", api.ProductById.as_view(), name="product"),
    path("variants", api.Variants.as_view(), name="variants"),
]
