from django.urls import URLPattern, URLResolver, path

from privacy.views import certificates, desk, notice_desk, notices, own, public, vault

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
    path("privacy/", own.overview, name="privacy"),
    path("privacy/held/", own.held, name="privacy-held"),
    path("privacy/ask/", own.ask, name="privacy-ask"),
    path("privacy/erase/", own.erase, name="privacy-erase"),
    path("privacy/requests/new/", public.new, name="privacy-new"),
    path("privacy/requests/sent/", public.sent, name="privacy-sent"),
    path("privacy/requests/<uuid:request_id>/", own.request_page, name="privacy-request"),
    path("privacy/requests/<uuid:request_id>/download/", own.download, name="privacy-download"),
    path("privacy/requests/<uuid:request_id>/lift/", own.lift, name="privacy-lift"),
    path("privacy/requests/<uuid:request_id>/certificate/", certificates.page, name="privacy-certificate"),
    path(
        "privacy/requests/<uuid:request_id>/certificate.json",
        certificates.file, name="privacy-certificate-file",
    ),
    path("privacy/verify/<str:token>/", public.verify, name="privacy-verify"),
    path("privacy/r/<str:token>/", public.by_link, name="privacy-link"),
    path("privacy/r/<str:token>/download/", public.download, name="privacy-link-download"),
    path("privacy/r/<str:token>/certificate/", public.certificate, name="privacy-link-certificate"),
    path(
        "privacy/r/<str:token>/certificate.json",
        public.certificate_file, name="privacy-link-certificate-file",
    ),
    path("privacy/certificates/verify/", certificates.verify, name="certificate-verify"),
    path("privacy/desk/", desk.desk, name="privacy-desk"),
    path("privacy/desk/new/", desk.letter, name="privacy-letter"),
    path("privacy/desk/<uuid:request_id>/", desk.request_page, name="privacy-desk-request"),
    path("privacy/desk/<uuid:request_id>/preview/", desk.preview, name="privacy-preview"),
    path("privacy/desk/<uuid:request_id>/<slug:decision>/", desk.decide, name="privacy-decide"),
    path(".well-known/gpc.json", public.global_privacy_control, name="gpc"),
]  # fmt: skip
