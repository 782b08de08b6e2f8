from django.urls import path

from orders import api

app_name = "orders"
urlpatterns = [
    path("orders", api.OrderList.as_view(), name="orders"),
    path("orders/<uuid:id>", api.OrderById.as_view(), name="order"),
]
