from django.urls import path

from inventory import api

app_name = "inventory"
urlpatterns = [path("stock-levels", api.StockLevels.as_view(), name="stock-levels")]
