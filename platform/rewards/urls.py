from django.urls import path

from rewards import views

urlpatterns = [
    path("earnings/", views.earnings, name="earnings"),
    path("earnings/payout/", views.request_payout, name="payout"),
]
