from django.urls import path

from demo import views

urlpatterns = [
    path("tills", views.tills),
    path("tills/<uuid:till>/enrolment-codes", views.enrolment_codes),
]
