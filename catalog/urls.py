from django.urls import path

from catalog import api

app_name = "catalog"
urlpatterns = [
    path("products", api.Products.as_view(), name="products"),
    path("products/<uuid:id>", api.ProductById.as_view(), name="product"),
    path("categories", api.Categories.as_view(), name="categories"),
    path("collections", api.Collections.as_view(), name="collections"),
    path("variants", api.Variants.as_view(), name="variants"),
]
