from django.urls import path

from rewards import api

urlpatterns = [
    path("me/earnings", api.EarningsApi.as_view(), name="api-earnings"),
    path("me/payouts", api.PayoutApi.as_view(), name="api-payouts"),
]
