from django.urls import path

from tasks_app import designer_views as designer
from tasks_app import originals_views as originals
from tasks_app import protection_views as protection
from tasks_app import qualification_views as qualifications
from tasks_app import requester_views as requester
from tasks_app import views

urlpatterns = [
    path("catalogue/", views.catalogue, name="catalogue"),
    path("projects/", requester.project_list, name="projects"),
    path("projects/new/", requester.project_new, name="project-new"),
    path("projects/<uuid:project_id>/", requester.project_overview, name="project"),
    path("projects/<uuid:project_id>/label/", views.workbench, name="workbench"),
    path("projects/sample/", designer.sample_project, name="sample-project"),
    path("projects/<uuid:project_id>/design/", designer.design_fields, name="project-design"),
    path("projects/<uuid:project_id>/design/template/", designer.design_gallery, name="design-gallery"),
    path("projects/<uuid:project_id>/design/draft/", designer.design_draft, name="design-draft"),
    path("projects/<uuid:project_id>/design/drop/", designer.design_drop, name="design-drop"),
    path("projects/<uuid:project_id>/design/rules/", designer.design_rules, name="project-rules"),
    path("projects/<uuid:project_id>/design/estimate/", designer.design_estimate, name="design-estimate"),
    path("projects/<uuid:project_id>/design/check/", designer.design_check, name="project-check"),
    path("projects/<uuid:project_id>/pilot/", designer.pilot, name="project-pilot"),
    path("projects/<uuid:project_id>/try/", designer.try_start, name="project-try"),
    path("practice/", designer.practice_start, name="practice"),
    path("projects/<uuid:project_id>/settings/", requester.project_settings, name="project-settings"),
    path("projects/<uuid:project_id>/items/", requester.project_items, name="project-items"),
    path("projects/<uuid:project_id>/import/", requester.project_import, name="project-import"),
    path("projects/<uuid:project_id>/originals/", originals.accesses, name="project-originals"),
    path("items/<uuid:item_id>/originals/", originals.item_originals, name="item-originals"),
    path("projects/<uuid:project_id>/fund/", requester.project_fund, name="project-fund"),
    *[
        path(
            f"projects/<uuid:project_id>/{action}/",
            requester.project_action,
            {"action": action},
            f"project-{action}",
        )
        for action in ("publish", "pause", "finish")
    ],
    path("projects/<uuid:project_id>/privacy/", protection.project_privacy, name="project-privacy"),
    path("projects/<uuid:project_id>/privacy/sample/", protection.privacy_sample, name="privacy-sample"),
    *[
        path(
            f"projects/<uuid:project_id>/privacy/{action}/",
            protection.privacy_action,
            {"action": action},
            f"privacy-{action}",
        )
        for action in ("estimate", "scan", "trusted")
    ],
    path("privacy/texts/<int:text_id>/", protection.privacy_text, name="privacy-text"),
    path("privacy/missed/", protection.missed_values, name="missed-values"),
    path("privacy/missed/<uuid:missed_id>/", protection.missed_decide, name="missed-decide"),
    path("qualifications/", qualifications.qualification_list, name="qualifications"),
    path("qualifications/new/", qualifications.edit, name="qualification-new"),
    path("qualifications/<uuid:qualification_id>/", qualifications.take, name="qualification"),
    path("qualifications/<uuid:qualification_id>/start/", qualifications.start, name="qualification-start"),
    path("qualifications/<uuid:qualification_id>/edit/", qualifications.edit, name="qualification-edit"),
    path("qualifications/<uuid:qualification_id>/gold/", qualifications.from_gold, name="qualification-gold"),
    path(
        "qualifications/<uuid:qualification_id>/holder/", qualifications.holder, name="qualification-holder"
    ),
    path("qualifications/attempts/<uuid:attempt_id>/", qualifications.attempt_page, name="attempt"),
    path(
        "qualifications/attempts/<uuid:attempt_id>/hand-in/", qualifications.hand_in, name="attempt-hand-in"
    ),
]
