from django.urls import path

from training.views import (
    active_learning,
    analysis,
    cases,
    collected,
    comparisons,
    cross_fits,
    downloads,
    evaluation,
    feedback,
    models,
    retraining,
    runs,
    serving,
    snapshots,
)

urlpatterns = [
    path("training/", runs.training, name="training"),
    path("training/live/", runs.training_live, name="training-live"),
    path("training/runs/<uuid:run_id>/", runs.run, name="run"),
    path("training/runs/<uuid:run_id>/errors/", evaluation.errors, name="run-errors"),
    path("training/runs/<uuid:run_id>/errors/send-back/", evaluation.send_back, name="run-send-back"),
    path("training/runs/<uuid:run_id>/curve/", evaluation.curve, name="run-curve"),
    path("training/runs/<uuid:run_id>/<slug:part>.csv", evaluation.table_csv, name="run-csv"),
    path("training/runs/<uuid:run_id>/live/", runs.run_live, name="run-live"),
    path("training/runs/<uuid:run_id>/cancel/", runs.cancel, name="run-cancel"),
    path("training/runs/<uuid:run_id>/search/trials.csv", runs.trials_csv, name="run-trials-csv"),
    path("training/runs/<uuid:run_id>/place/", runs.place, name="run-place"),
    path("training/runs/<uuid:run_id>/resume/", runs.resume, name="run-resume"),
    path("projects/<uuid:project_id>/quality/<str:field>/read/", cross_fits.ask, name="cross-fit"),
    path(
        "projects/<uuid:project_id>/active-learning/", active_learning.active_learning, name="active-learning"
    ),
    path(
        "projects/<uuid:project_id>/active-learning/rank/", active_learning.rank, name="active-learning-rank"
    ),
    path(
        "projects/<uuid:project_id>/active-learning/stop/", active_learning.stop, name="active-learning-stop"
    ),
    path("projects/<uuid:project_id>/analysis/", analysis.analysis, name="analysis"),
    path("projects/<uuid:project_id>/analysis/<slug:part>/", analysis.analysis, name="analysis-part"),
    path(
        "projects/<uuid:project_id>/analysis/tables/<slug:name>.csv", collected.table, name="analysis-table"
    ),
    path("projects/<uuid:project_id>/analysis/<slug:part>/ask/", analysis.ask, name="analysis-ask"),
    path("projects/<uuid:project_id>/analysis/<slug:part>/live/", analysis.live, name="analysis-live"),
    path("projects/<uuid:project_id>/analysis/<slug:part>/cancel/", analysis.cancel, name="analysis-cancel"),
    path("training/snapshots/", snapshots.snapshots, name="snapshots"),
    path("training/snapshots/<uuid:snapshot_id>/", snapshots.snapshot, name="snapshot"),
    path("training/snapshots/<uuid:snapshot_id>/card/", snapshots.card, name="snapshot-card"),
    path("training/rules/", retraining.rules, name="retrain-rules"),
    path("training/rules/<uuid:rule_id>/pause/", retraining.pause, name="retrain-rule-pause"),
    path("training/rules/<uuid:rule_id>/look/", retraining.look, name="retrain-rule-look"),
    path("training/rules/<uuid:rule_id>/delete/", retraining.delete, name="retrain-rule-delete"),
    path("models/<slug:name>/drift/", retraining.drift, name="model-drift"),
    path("models/", models.models, name="models"),
    path("models/<slug:name>/", models.model, name="model"),
    path("models/<slug:name>/serving/", serving.serving, name="model-serving"),
    path("models/<slug:name>/versions/<int:number>/suggest/", serving.suggest, name="suggestions-start"),
    path(
        "models/<slug:name>/suggestions/<uuid:wish_id>/cancel/",
        serving.cancel_suggestions,
        name="suggestions-cancel",
    ),
    path("models/<slug:name>/versions/<int:number>/measure/", serving.measure, name="runtime-measure"),
    path("models/<slug:name>/rollouts/", serving.start_rollout, name="rollout-start"),
    path("models/<slug:name>/rollouts/<uuid:rollout_id>/stop/", serving.stop_rollout, name="rollout-stop"),
    path(
        "models/<slug:name>/rollouts/<uuid:rollout_id>/promote/",
        serving.promote_rollout,
        name="rollout-promote",
    ),
    path("models/<slug:name>/cases/", cases.inbox, name="feedback-cases"),
    path("models/<slug:name>/cases/decide/", cases.decide, name="feedback-decide"),
    path("models/<slug:name>/cases/policy/", cases.policy, name="feedback-policy"),
    path("models/<slug:name>/versions/<int:number>/download/", downloads.model_zip, name="model-download"),
    path("models/<slug:name>/versions/<int:number>/push/", downloads.push, name="model-push"),
    path("models/<slug:name>/guards/", models.guards, name="model-guards"),
    path("models/<slug:name>/versions/<int:number>/archive/", models.archive, name="model-archive"),
    path("models/<slug:name>/versions/<int:number>/keep/", models.keep, name="model-keep"),
    path("models/<slug:name>/versions/<int:number>/restore/", models.restore, name="model-restore"),
    path("models/<slug:name>/comparisons/", comparisons.comparisons, name="model-comparisons"),
    path("models/<slug:name>/compare/", comparisons.compare, name="model-compare"),
    path("models/<slug:name>/try/", models.try_out, name="model-try"),
    path("models/<slug:name>/versions/<int:number>/promote/", models.promote, name="model-promote"),
    path("models/<slug:name>/versions/<int:number>/rollback/", models.rollback, name="model-rollback"),
    path(
        "models/<slug:name>/feedback/<uuid:feedback_id>/handled/", feedback.handled, name="feedback-handled"
    ),
    path("predictions/<uuid:prediction_id>/feedback/", feedback.give, name="feedback-give"),
    path("predictions/<uuid:prediction_id>/wrong/", feedback.wrong, name="feedback-wrong"),
    path("feedback/<str:token>/", feedback.by_link, name="feedback-link"),
]
