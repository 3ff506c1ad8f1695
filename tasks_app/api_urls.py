from django.urls import path

from tasks_app.api import (
    attempts,
    designing,
    items,
    members,
    missed_values,
    originals,
    projects,
    protection,
    qualifications,
    tries,
    work,
)

urlpatterns = [
    path("projects/<uuid:project_id>/claim", work.ClaimApi.as_view(), name="api-claim"),
    path("projects", projects.ProjectsApi.as_view(), name="api-projects"),
    path("projects/<uuid:project_id>", projects.ProjectApi.as_view(), name="api-project"),
    path("projects/<uuid:project_id>/publish", projects.PublishApi.as_view(), name="api-publish"),
    path("projects/<uuid:project_id>/pause", projects.PauseApi.as_view(), name="api-pause"),
    path("projects/<uuid:project_id>/finish", projects.FinishApi.as_view(), name="api-finish"),
    path("projects/<uuid:project_id>/fund", projects.FundApi.as_view(), name="api-fund"),
    path("projects/<uuid:project_id>/items", items.ItemsApi.as_view(), name="api-items"),
    path("projects/<uuid:project_id>/items:import", items.ImportApi.as_view(), name="api-import"),
    path("projects/<uuid:project_id>/members", members.MembersApi.as_view(), name="api-members"),
    path(
        "projects/<uuid:project_id>/members/<int:membership_id>",
        members.MemberApi.as_view(),
        name="api-member",
    ),
    path("items/<uuid:item_id>", items.ItemApi.as_view(), name="api-item"),
    path("items/<uuid:item_id>/withdraw", items.WithdrawApi.as_view(), name="api-withdraw-item"),
    path("items/<uuid:item_id>/reveal", originals.RevealApi.as_view(), name="api-reveal"),
    path(
        "projects/<uuid:project_id>/vault-accesses",
        originals.ProjectAccessesApi.as_view(),
        name="api-project-vault-accesses",
    ),
    path("import-jobs/<uuid:job_id>", items.ImportJobApi.as_view(), name="api-import-job"),
    path("projects/<uuid:project_id>/privacy", protection.PreviewApi.as_view(), name="api-privacy"),
    path(
        "projects/<uuid:project_id>/privacy/estimate",
        protection.EstimateApi.as_view(),
        name="api-privacy-estimate",
    ),
    path("projects/<uuid:project_id>/privacy/scan", protection.RescanApi.as_view(), name="api-privacy-scan"),
    path(
        "projects/<uuid:project_id>/privacy/sample", protection.SampleApi.as_view(), name="api-privacy-sample"
    ),
    path(
        "projects/<uuid:project_id>/privacy/trusted",
        protection.TrustedApi.as_view(),
        name="api-privacy-trusted",
    ),
    path("privacy/texts/<int:text_id>", protection.TextApi.as_view(), name="api-privacy-text"),
    path("privacy/missed", missed_values.MissedValuesApi.as_view(), name="api-missed-values"),
    path(
        "privacy/missed/<uuid:missed_id>/confirm",
        missed_values.ConfirmApi.as_view(),
        name="api-missed-confirm",
    ),
    path(
        "privacy/missed/<uuid:missed_id>/reject", missed_values.RejectApi.as_view(), name="api-missed-reject"
    ),
    path("catalogue", work.CatalogueApi.as_view(), name="api-catalogue"),
    path("projects/<uuid:project_id>/assignments", work.LiveAssignmentsApi.as_view(), name="api-live"),
    path("assignments/<uuid:assignment_id>/return", work.ReturnApi.as_view(), name="api-return"),
    path("assignments/<uuid:assignment_id>/extend", work.ExtendApi.as_view(), name="api-extend"),
    path("assignments/<uuid:assignment_id>/activity", work.ActivityApi.as_view(), name="api-activity"),
    path("assignments/<uuid:assignment_id>/reclaim", work.ReclaimApi.as_view(), name="api-reclaim"),
    path("assignments/<uuid:assignment_id>/flag", work.FlagApi.as_view(), name="api-flag"),
    path("qualifications", qualifications.QualificationsApi.as_view(), name="api-qualifications"),
    path(
        "qualifications/<uuid:qualification_id>",
        qualifications.QualificationApi.as_view(),
        name="api-qualification",
    ),
    path(
        "qualifications/<uuid:qualification_id>/items:from-gold",
        qualifications.FromGoldApi.as_view(),
        name="api-qualification-from-gold",
    ),
    path(
        "qualifications/<uuid:qualification_id>/holders",
        qualifications.HoldersApi.as_view(),
        name="api-qualification-holders",
    ),
    path(
        "qualifications/<uuid:qualification_id>/grant",
        qualifications.GrantApi.as_view(),
        name="api-qualification-grant",
    ),
    path(
        "qualifications/<uuid:qualification_id>/revoke",
        qualifications.RevokeApi.as_view(),
        name="api-qualification-revoke",
    ),
    path(
        "qualifications/<uuid:qualification_id>/start",
        attempts.StartApi.as_view(),
        name="api-qualification-start",
    ),
    path("attempts/<uuid:attempt_id>", attempts.AttemptApi.as_view(), name="api-attempt"),
    path("attempts/<uuid:attempt_id>/answers", attempts.AnswerApi.as_view(), name="api-attempt-answers"),
    path("attempts/<uuid:attempt_id>/hand-in", attempts.HandInApi.as_view(), name="api-attempt-hand-in"),
    path("schemas:check", designing.SchemaCheckApi.as_view(), name="api-schema-check"),
    path("projects/<uuid:project_id>/schemas", designing.SchemasApi.as_view(), name="api-schemas"),
    path("projects/<uuid:project_id>/estimate", designing.EstimateApi.as_view(), name="api-estimate"),
    path("projects/<uuid:project_id>/pilot", designing.PilotApi.as_view(), name="api-pilot"),
    path("projects/<uuid:project_id>/pilot/end", designing.PilotEndApi.as_view(), name="api-pilot-end"),
    path("projects/<uuid:project_id>/tries", tries.TriesApi.as_view(), name="api-tries"),
    path("practice", tries.PracticeApi.as_view(), name="api-practice"),
    path("tries/<uuid:try_id>", tries.TryApi.as_view(), name="api-try"),
    # The workbench's own paths, for the element that tries something out.
    path(
        "tries/<uuid:try_id>/projects/<uuid:again>/claim", tries.TryClaimApi.as_view(), name="api-try-claim"
    ),
    path(
        "tries/<uuid:try_id>/projects/<uuid:again>/assignments",
        tries.TryClaimApi.as_view(),
        name="api-try-live",
    ),
    path(
        "tries/<uuid:try_id>/assignments/<str:name>/submit",
        tries.TrySubmitApi.as_view(),
        name="api-try-submit",
    ),
    path(
        "tries/<uuid:try_id>/assignments/<str:name>/<str:verb>",
        tries.TryOtherApi.as_view(),
        name="api-try-other",
    ),
    # The workbench's own paths, for the element that takes a test.
    path(
        "attempts/<uuid:attempt_id>/projects/<uuid:again>/claim",
        attempts.BenchClaimApi.as_view(),
        name="api-attempt-claim",
    ),
    path(
        "attempts/<uuid:attempt_id>/projects/<uuid:again>/assignments",
        attempts.BenchClaimApi.as_view(),
        name="api-attempt-live",
    ),
    path(
        "attempts/<uuid:attempt_id>/assignments/<uuid:item_id>/submit",
        attempts.BenchSubmitApi.as_view(),
        name="api-attempt-submit",
    ),
    path(
        "attempts/<uuid:attempt_id>/assignments/<uuid:item_id>/<str:verb>",
        attempts.BenchOtherApi.as_view(),
        name="api-attempt-other",
    ),
]
