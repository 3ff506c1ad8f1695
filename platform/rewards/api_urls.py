from django.urls import path

from rewards.api import finance, mine, recognition

urlpatterns = [
    path("me/earnings", mine.EarningsApi.as_view(), name="api-earnings"),
    path("me/payouts", mine.PayoutsApi.as_view(), name="api-payouts"),
    path("me/payouts/<uuid:payout_id>/cancel", mine.PayoutCancelApi.as_view(), name="api-payout-cancel"),
    path("me/payout-address", mine.AddressApi.as_view(), name="api-payout-address"),
    path("me/statement", mine.StatementApi.as_view(), name="api-statement"),
    path("me/statement.csv", mine.StatementCsvApi.as_view(), name="api-statement-csv"),
    path("me/recognition", recognition.RecognitionApi.as_view(), name="api-recognition"),
    path("leaderboard", recognition.LeaderboardApi.as_view(), name="api-leaderboard"),
    path("payouts", finance.DeskPayoutsApi.as_view(), name="api-desk-payouts"),
    path("payouts/<uuid:payout_id>/mark", finance.MarkApi.as_view(), name="api-payout-mark"),
    path("payout-batches", finance.BatchesApi.as_view(), name="api-payout-batches"),
    path("payout-batches/<uuid:batch_id>", finance.BatchApi.as_view(), name="api-payout-batch"),
    path("payout-batches/<uuid:batch_id>/csv", finance.BatchCsvApi.as_view(), name="api-payout-batch-csv"),
    path("payout-batches/<uuid:batch_id>/send", finance.BatchSendApi.as_view(), name="api-payout-batch-send"),
    path(
        "payout-batches/<uuid:batch_id>/reconcile",
        finance.BatchReconcileApi.as_view(),
        name="api-payout-batch-reconcile",
    ),
    path(
        "payout-batches/<uuid:batch_id>/discard",
        finance.BatchDiscardApi.as_view(),
        name="api-payout-batch-discard",
    ),
    path("reversals", finance.ReversalApi.as_view(), name="api-reversals"),
]
