from django.urls import path

from backoffice import api

app_name = "backoffice"
urlpatterns = [
    path("deliveries", api.Deliveries.as_view(), name="deliveries"),
    path("deliveries/<int:id>/retries", api.Retries.as_view(), name="delivery-retries"),
]
