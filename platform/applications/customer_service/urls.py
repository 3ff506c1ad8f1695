"""Under projects/<uuid:project_id>/customer-service/."""

from django.urls import path

from applications.customer_service import views

urlpatterns = [
    path("", views.chat, name="customer-service"),
    path("conversations/<uuid:conversation_id>/end/", views.end, name="customer-service-end"),
    path("pairs/", views.pairs, name="customer-service-pairs"),
    path("pairs/<uuid:pair_id>/", views.pair, name="customer-service-pair"),
    path("unknown/", views.unknown, name="customer-service-unknown"),
]
