from django.urls import path

from inventory import api

app_name = "inventory"
urlpatterns = [
    path("availability", api.Availability.as_view(), name="availability"),
    path("stock-levels", api.StockLevels.as_view(), name="stock-levels"),
    path("stock-level-changes", api.StockLevelChanges.as_view(), name="stock-level-changes"),
    path("stock-movements", api.StockMovements.as_view(), name="stock-movements"),
    path("stock-adjustments", api.StockAdjustments.as_view(), name="stock-adjustments"),
]
