from django.urls import path

from training.api import (
    active_learning,
    analysis,
    cases,
    cleaning,
    collected,
    comparisons,
    cross_fits,
    curves,
    mistakes,
    models,
    predictions,
    recipes,
    retrain_rules,
    runs,
    serving,
    snapshots,
)

urlpatterns = [
    # Asked for most, and so looked at first.
    path("models/<slug:name>/predict", predictions.PredictApi.as_view(), name="api-predict"),
    path("snapshots", snapshots.SnapshotsApi.as_view(), name="api-snapshots"),
    path("snapshots/<uuid:snapshot_id>", snapshots.SnapshotApi.as_view(), name="api-snapshot"),
    path("snapshots/<uuid:snapshot_id>/lineage", snapshots.LineageApi.as_view(), name="api-lineage"),
    path(
        "projects/<uuid:project_id>/model-lineage",
        snapshots.ModelLineageApi.as_view(),
        name="api-model-lineage",
    ),
    path("runs", runs.RunsApi.as_view(), name="api-runs"),
    path("runs/<uuid:run_id>", runs.RunApi.as_view(), name="api-run"),
    path("runs/<uuid:run_id>/cancel", runs.RunCancelApi.as_view(), name="api-run-cancel"),
    path("runs/<uuid:run_id>/resume", runs.RunResumeApi.as_view(), name="api-run-resume"),
    path("runs/<uuid:run_id>/place", runs.RunPlaceApi.as_view(), name="api-run-place"),
    path("runs/<uuid:run_id>/trials", runs.RunTrialsApi.as_view(), name="api-run-trials"),
    path("recipes", recipes.RecipesApi.as_view(), name="api-recipes"),
    path("recipes/<uuid:recipe_id>", recipes.RecipeApi.as_view(), name="api-recipe"),
    path("trainers", runs.TrainersApi.as_view(), name="api-trainers"),
    path("runs/<uuid:run_id>/errors", mistakes.MistakesApi.as_view(), name="api-run-errors"),
    path("runs/<uuid:run_id>/errors/send-back", mistakes.SendBackApi.as_view(), name="api-run-send-back"),
    path("runs/<uuid:run_id>/curves", curves.CurvesApi.as_view(), name="api-run-curves"),
    path("runs/<uuid:run_id>/metrics", runs.RunMetricsApi.as_view(), name="api-run-metrics"),
    path("projects/<uuid:project_id>/cross-fits", cross_fits.CrossFitsApi.as_view(), name="api-cross-fits"),
    path(
        "projects/<uuid:project_id>/active-learning",
        active_learning.ActiveLearningApi.as_view(),
        name="api-active-learning",
    ),
    path("projects/<uuid:project_id>/analysis", analysis.AnalysisApi.as_view(), name="api-analysis"),
    path(
        "projects/<uuid:project_id>/analysis/cancel",
        analysis.AnalysisCancelApi.as_view(),
        name="api-analysis-cancel",
    ),
    path(
        "projects/<uuid:project_id>/analysis/tables/<slug:name>",
        collected.TableApi.as_view(),
        name="api-analysis-table",
    ),
    path(
        "projects/<uuid:project_id>/analysis/turns",
        collected.TurnsApi.as_view(),
        name="api-analysis-turns",
    ),
    path(
        "projects/<uuid:project_id>/analysis/suspects",
        cleaning.SuspectsApi.as_view(),
        name="api-suspects",
    ),
    path(
        "projects/<uuid:project_id>/analysis/tasks",
        cleaning.CleaningTasksApi.as_view(),
        name="api-cleaning-tasks",
    ),
    path(
        "projects/<uuid:project_id>/analysis/tasks/decide",
        cleaning.CleaningDecisionsApi.as_view(),
        name="api-cleaning-decide",
    ),
    path(
        "projects/<uuid:project_id>/analysis/<slug:part>",
        analysis.AnalysisPartApi.as_view(),
        name="api-analysis-part",
    ),
    path(
        "projects/<uuid:project_id>/active-learning/rank",
        active_learning.RankingApi.as_view(),
        name="api-active-learning-rank",
    ),
    path("retrain-rules", retrain_rules.RetrainRulesApi.as_view(), name="api-retrain-rules"),
    path("retrain-rules/<uuid:rule_id>", retrain_rules.RetrainRuleApi.as_view(), name="api-retrain-rule"),
    path(
        "retrain-rules/<uuid:rule_id>/look",
        retrain_rules.RetrainRuleLookApi.as_view(),
        name="api-retrain-rule-look",
    ),
    path(
        "retrain-rules/<uuid:rule_id>/firings",
        retrain_rules.RetrainFiringsApi.as_view(),
        name="api-retrain-rule-firings",
    ),
    path("models/<slug:name>/drift", retrain_rules.ModelDriftApi.as_view(), name="api-model-drift"),
    path("models", models.ModelsApi.as_view(), name="api-models"),
    path("models/<slug:name>", models.ModelApi.as_view(), name="api-model"),
    path(
        "models/<slug:name>/versions/<int:number>/download", models.DownloadApi.as_view(), name="api-download"
    ),
    path("models/<slug:name>/versions/<int:number>/push", models.PushApi.as_view(), name="api-push"),
    path("models/<slug:name>/guards", models.GuardsApi.as_view(), name="api-guards"),
    path("models/<slug:name>/versions/<int:number>/archive", models.ArchiveApi.as_view(), name="api-archive"),
    path("models/<slug:name>/versions/<int:number>/keep", models.KeepApi.as_view(), name="api-keep"),
    path("models/<slug:name>/versions/<int:number>/restore", models.RestoreApi.as_view(), name="api-restore"),
    path("models/<slug:name>/versions/<int:number>/promote", models.PromoteApi.as_view(), name="api-promote"),
    path(
        "models/<slug:name>/versions/<int:number>/rollback", models.RollbackApi.as_view(), name="api-rollback"
    ),
    path("models/<slug:name>/cases", cases.CasesApi.as_view(), name="api-cases"),
    path("models/<slug:name>/cases/tasks", cases.CaseTasksApi.as_view(), name="api-case-tasks"),
    path("models/<slug:name>/cases/dismiss", cases.CaseDismissApi.as_view(), name="api-case-dismiss"),
    path("models/<slug:name>/feedback-policy", cases.FeedbackPolicyApi.as_view(), name="api-feedback-policy"),
    path("models/<slug:name>/satisfaction", cases.SatisfactionApi.as_view(), name="api-satisfaction"),
    path("predictions/<uuid:prediction_id>/feedback", predictions.FeedbackApi.as_view(), name="api-feedback"),
    path(
        "models/<slug:name>/versions/<int:number>/suggest",
        serving.PreannotationsApi.as_view(),
        name="api-suggest",
    ),
    path(
        "models/<slug:name>/versions/<int:number>/comparisons",
        comparisons.ComparisonsApi.as_view(),
        name="api-comparisons",
    ),
    path(
        "models/<slug:name>/versions/<int:number>/runtime", serving.RuntimeApi.as_view(), name="api-runtime"
    ),
    path("models/<slug:name>/rollouts", serving.RolloutsApi.as_view(), name="api-rollouts"),
    path("rollouts/<uuid:rollout_id>/stop", serving.RolloutStopApi.as_view(), name="api-rollout-stop"),
    path(
        "rollouts/<uuid:rollout_id>/promote", serving.RolloutPromoteApi.as_view(), name="api-rollout-promote"
    ),
    path("suggestions/<uuid:wish_id>", serving.PreannotationApi.as_view(), name="api-suggestions"),
    path(
        "suggestions/<uuid:wish_id>/cancel",
        serving.PreannotationCancelApi.as_view(),
        name="api-suggestions-cancel",
    ),
]
