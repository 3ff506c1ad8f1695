from django.urls import URLPattern, URLResolver, path

from privacy.views import notice_desk, notices, vault

urlpatterns: list[URLPattern | URLResolver] = [
    path("privacy/notice/", notices.notice_page, name="privacy-notice"),
    path("privacy/notice/seen/", notices.notice_seen, name="privacy-notice-seen"),
    path("privacy/consents/", notices.consents_page, name="privacy-consents"),
    path("privacy/consents/say/", notices.consent, name="privacy-consent"),
    path("privacy/notices/", notice_desk.notice_desk, name="notice-desk"),
    path("privacy/notices/publish/", notice_desk.notice_publish, name="notice-publish"),
    path("privacy/notices/<slug:regime>/<slug:language>/", notice_desk.notice_edit, name="notice-edit"),
    path(
        "privacy/notices/<slug:regime>/<slug:language>/compare/",
        notice_desk.notice_compare,
        name="notice-compare",
    ),
    path("privacy/vault/", vault.accesses, name="vault-log"),
]
