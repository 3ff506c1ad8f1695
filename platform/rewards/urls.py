from django.urls import path

from rewards import desk_views, views

urlpatterns = [
    path("earnings/", views.earnings, name="earnings"),
    path("earnings/payout/", views.request_payout, name="payout"),
    path("earnings/payout/<uuid:payout_id>/cancel/", views.cancel_payout, name="payout-cancel"),
    path("earnings/address/", views.save_address, name="payout-address"),
    path("earnings/statements/<str:month>/", views.statement, name="statement"),
    path("earnings/statements/<str:month>/csv/", views.statement_csv, name="statement-csv"),
    path("recognition/", views.recognition_page, name="recognition"),
    path("finance/", desk_views.finance, name="finance"),
    path("finance/batches/", desk_views.build_batch, name="payout-batch-build"),
    path("finance/batches/<uuid:batch_id>/", desk_views.batch_page, name="payout-batch"),
    path("finance/batches/<uuid:batch_id>/csv/", desk_views.batch_file, name="payout-batch-csv"),
    path("finance/batches/<uuid:batch_id>/paid/", desk_views.mark_all_paid, name="payout-batch-paid"),
    path("finance/payouts/<uuid:payout_id>/mark/", desk_views.mark, name="payout-mark"),
    *[
        path(
            f"finance/batches/<uuid:batch_id>/{action}/",
            desk_views.batch_action,
            {"action": action},
            f"payout-batch-{action}",
        )
        for action in ("send", "reconcile", "discard")
    ],
]
