from django.urls import URLPattern, URLResolver, path

from privacy.api import notices, vault

urlpatterns: list[URLPattern | URLResolver] = [
    path("privacy/notice", notices.NoticeApi.as_view(), name="api-privacy-notice"),
    path("privacy/notices", notices.NoticesApi.as_view(), name="api-privacy-notices"),
    path(
        "privacy/notice-drafts/<slug:regime>/<slug:language>",
        notices.NoticeDraftApi.as_view(),
        name="api-privacy-notice-draft",
    ),
    path("privacy/consents", notices.ConsentsApi.as_view(), name="api-privacy-consents"),
    path("privacy/vault-accesses", vault.AccessesApi.as_view(), name="api-vault-accesses"),
]
