from django.urls import path

from catalog import api, api_prices

app_name = "catalog"
urlpatterns = [
    path("products", api.Products.as_view(), name="products"),
    path("products/<uuid:id>", api.ProductById.as_view(), name="product"),
    path("categories", api.Categories.as_view(), name="categories"),
    path("collections", api.Collections.as_view(), name="collections"),
    path("prices", api_prices.Prices.as_view(), name="prices"),
    path("basket-previews", api_prices.BasketPreviews.as_view(), name="basket-previews"),
    path("variants", api.Variants.as_view(), name="variants"),
]
