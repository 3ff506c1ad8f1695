"""What the tables of training hold about people."""

from privacy.inventory import declare

_CODE = "a code from a list, or the name of a field, model or setting"
_FIGURES = "figures over many items, by label or by step"
_CLAIM = "drawn anew by whoever works on the row"
_SAID = "what a program said that could not go on"


def declare_all() -> None:
    _of_data()
    _of_runs()
    _of_analyses()
    _of_models()
    _of_serving()


def _of_data() -> None:
    declare(
        "training.Snapshot",
        persons="created_by",
        nothing={
            "fields": "the project's own fields",
            "sha256 files": "hashes of whole files; replaced when the snapshot is withdrawn",
            "counts summary": _FIGURES,
        },
    )
    declare("training.SnapshotItem", items="item group")
    declare(
        "training.Prediction",
        persons="requested_by subject",
        content="payload value",
        nothing={"shifts": "places and lengths, no text"},
    )
    declare("training.Feedback", persons="author end_user", words="comment", content="correction")
    declare(
        "training.FeedbackCase",
        items="item",
        words="reason",
        content="payload value digest",
    )
    declare("training.ShadowPrediction", content="value usual")


def _of_runs() -> None:
    declare(
        "training.Run",
        persons="created_by",
        content="log",
        nothing={
            "field recipe device": _CODE,
            "claim": _CLAIM,
            "reason": _SAID,
            "report comparison": _FIGURES,
        },
    )
    declare(
        "training.CrossFit", persons="created_by", nothing={"field": _CODE, "claim": _CLAIM, "reason": _SAID}
    )
    declare("training.MetricPoint", nothing={"kind": _CODE, "values": _FIGURES})
    declare(
        "training.LearningCurve",
        persons="created_by",
        nothing={"metric": _CODE, "reason": _SAID, "points forecast": _FIGURES, "claim": _CLAIM},
    )
    declare("training.Recipe", persons="created_by", nothing={"name head settings metric": _CODE})
    declare(
        "training.Search",
        nothing={"space keep_as metric": _CODE, "importance": _FIGURES},
    )
    declare(
        "training.Trial",
        nothing={"params device": _CODE, "values": _FIGURES, "reason": _SAID, "claim": _CLAIM},
    )
    declare(
        "training.ActiveLearning",
        persons="created_by",
        nothing={"field": _CODE, "reason": _SAID, "claim": _CLAIM},
    )


def _of_analyses() -> None:
    declare(
        "training.Analysis",
        persons="created_by",
        nothing={
            "reason": _SAID,
            "claim": _CLAIM,
            "data_hash key keys": "hashes of whole data; gone when any of it is erased",
            "options part": _CODE,
        },
    )
    declare(
        "training.AnalysisResult",
        nothing={"part key options": _CODE, "data": _FIGURES},
    )
    declare(
        "training.CleaningTask",
        persons="created_by decided_by",
        items="item",
        nothing={"kind item_state": _CODE, "evidence": _FIGURES},
    )
    declare("training.AnalysisFinding", items="item", nothing={"kind": _CODE, "evidence": _FIGURES})


def _of_models() -> None:
    declare("training.Model", nothing={"name field head guards": _CODE})
    declare(
        "training.ModelVersion",
        nothing={
            "path config_hash": "names of files, hashes of settings",
            "card card_data metrics": "figures, names of labels and settings; no text of an item",
            "hub": "where it was uploaded to",
        },
    )
    declare(
        "training.ModelErasure",
        nothing={
            "request": "the id of a request",
            "legal_ground": "the project's, about its models",
            "reason": _SAID,
        },
    )
    declare("training.FilesToClear", nothing={"path": "the name of a folder"})
    declare(
        "training.VersionComparison",
        persons="asked_by",
        nothing={"reason": _SAID, "claim": _CLAIM, "parts": _FIGURES},
    )
    declare("training.DriftReference", nothing={"data": "shares over a whole training set"})
    declare("training.DriftReading", nothing={"source": _CODE, "shares": _FIGURES})


def _of_serving() -> None:
    declare(
        "training.ServingRuntime",
        persons="asked_by",
        nothing={"reason": _SAID, "claim": _CLAIM, "choice": "measured speeds"},
    )
    declare(
        "training.Preannotation",
        persons="created_by",
        items="cursor",
        nothing={"field": _CODE, "reason": _SAID, "claim": _CLAIM},
    )
    declare(
        "training.Rollout",
        persons="started_by",
        nothing={"reason": _SAID, "figures": _FIGURES, "cursor": "the id of a prediction"},
    )
    declare(
        "training.RetrainRule",
        persons="created_by",
        nothing={"field condition recipe": _CODE, "last_look": _FIGURES},
    )
    declare("training.RetrainFiring", nothing={"figures": _FIGURES})
