from django.urls import path

from annotations.api import (
    appeals,
    export,
    gold,
    methods,
    mine,
    people,
    quality,
    review,
    second_look,
    submission,
)

urlpatterns = [
    path("assignments/<uuid:assignment_id>/submit", submission.SubmitApi.as_view(), name="api-submit"),
    path("me/assignments", mine.MyAssignmentsApi.as_view(), name="api-my-assignments"),
    path("me/skills", mine.MySkillsApi.as_view(), name="api-my-skills"),
    path("projects/<uuid:project_id>/reviews", review.ReviewsApi.as_view(), name="api-reviews"),
    path("projects/<uuid:project_id>/appeals", appeals.AppealsApi.as_view(), name="api-appeals"),
    path("projects/<uuid:project_id>/quality", quality.QualityApi.as_view(), name="api-quality"),
    path("projects/<uuid:project_id>/methods/<str:field>", methods.MethodApi.as_view(), name="api-method"),
    path("projects/<uuid:project_id>/export", export.ExportApi.as_view(), name="api-export"),
    path("projects/<uuid:project_id>/refit", quality.RefitApi.as_view(), name="api-refit"),
    path("consensus/<uuid:consensus_id>/approve", review.ApproveApi.as_view(), name="api-approve"),
    path("consensus/<uuid:consensus_id>/correct", review.CorrectApi.as_view(), name="api-correct"),
    path("consensus/<uuid:consensus_id>/reject", review.RejectApi.as_view(), name="api-reject"),
    path(
        "projects/<uuid:project_id>/second-reviews",
        second_look.SecondReviewsApi.as_view(),
        name="api-second-reviews",
    ),
    path(
        "projects/<uuid:project_id>/review-disagreements",
        second_look.DisagreementsApi.as_view(),
        name="api-review-disagreements",
    ),
    path(
        "second-reviews/<uuid:second_id>/decide",
        second_look.DecideAgainApi.as_view(),
        name="api-decide-again",
    ),
    path(
        "second-reviews/<uuid:second_id>/resolve", second_look.ResolveApi.as_view(), name="api-resolve-review"
    ),
    path("answers/<uuid:answer_id>/evidence", appeals.EvidenceApi.as_view(), name="api-evidence"),
    path("answers/<uuid:answer_id>/appeal", appeals.AppealApi.as_view(), name="api-appeal"),
    path("appeals/<uuid:appeal_id>/decide", appeals.DecideApi.as_view(), name="api-decide-appeal"),
    path("projects/<uuid:project_id>/people", people.PeopleApi.as_view(), name="api-people"),
    path(
        "projects/<uuid:project_id>/people/<str:annotator>/measures",
        people.MeasuresApi.as_view(),
        name="api-measures",
    ),
    path("measures/<uuid:measure_id>/lift", people.LiftApi.as_view(), name="api-lift-measure"),
    path("measures/<uuid:measure_id>/appeal", people.MeasureAppealApi.as_view(), name="api-appeal-measure"),
    path("measures/<uuid:measure_id>/decide", people.MeasureDecisionApi.as_view(), name="api-decide-measure"),
    path("me/measures", people.MyMeasuresApi.as_view(), name="api-my-measures"),
    path("projects/<uuid:project_id>/retrained", people.FinishRetrainingApi.as_view(), name="api-retrained"),
    path("projects/<uuid:project_id>/gold", gold.GoldApi.as_view(), name="api-gold"),
    path("gold/<uuid:item_id>/correct", gold.CorrectGoldApi.as_view(), name="api-gold-correct"),
    path("gold/<uuid:item_id>/retire", gold.RetireGoldApi.as_view(), name="api-gold-retire"),
]
