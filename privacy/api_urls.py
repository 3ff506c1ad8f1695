from django.urls import URLPattern, URLResolver, path

from privacy.api import audit, desk, notices, reports, requests, retention, vault

urlpatterns: list[URLPattern | URLResolver] = [
    path("privacy/notice", notices.NoticeApi.as_view(), name="api-privacy-notice"),
    path("privacy/notices", notices.NoticesApi.as_view(), name="api-privacy-notices"),
    path(
        "privacy/notice-drafts/<slug:regime>/<slug:language>",
        notices.NoticeDraftApi.as_view(),
        name="api-privacy-notice-draft",
    ),
    path("privacy/consents", notices.ConsentsApi.as_view(), name="api-privacy-consents"),
    path("privacy/register", reports.RegisterApi.as_view(), name="api-register"),
    path("privacy/impact-assessment", reports.ImpactApi.as_view(), name="api-impact"),
    path("privacy/audit", audit.AuditApi.as_view(), name="api-audit"),
    path("privacy/audit/state", audit.AuditStateApi.as_view(), name="api-audit-state"),
    path("privacy/retention", retention.RetentionApi.as_view(), name="api-retention"),
    path("privacy/retention/<slug:kind>", retention.RetentionKindApi.as_view(), name="api-retention-kind"),
    path("privacy/vault-accesses", vault.AccessesApi.as_view(), name="api-vault-accesses"),
    path("privacy/requests", requests.RequestsApi.as_view(), name="api-privacy-requests"),
    path("privacy/requests/<uuid:request_id>", requests.RequestApi.as_view(), name="api-privacy-request"),
    path(
        "privacy/requests/<uuid:request_id>/download",
        requests.DownloadApi.as_view(), name="api-privacy-download",
    ),
    path(
        "privacy/requests/<uuid:request_id>/certificate",
        requests.CertificateApi.as_view(), name="api-privacy-certificate",
    ),
    path("privacy/desk", desk.DeskApi.as_view(), name="api-privacy-desk"),
    path("privacy/desk/<uuid:request_id>/preview", desk.PreviewApi.as_view(), name="api-privacy-preview"),
    path(
        "privacy/desk/<uuid:request_id>/<slug:decision>",
        desk.DecisionApi.as_view(), name="api-privacy-decide",
    ),
    path("privacy/certificates/verify", desk.VerifyApi.as_view(), name="api-certificate-verify"),
    path("me", requests.WholeMeApi.as_view(), name="api-me"),
    path("me/data-export", requests.DataExportApi.as_view(), name="api-data-export"),
]  # fmt: skip
