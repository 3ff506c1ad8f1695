"""What the tables of annotations hold about people."""

from privacy.inventory import declare

_CODE = "a code from a list, or the name of a field"
_FIGURES = "figures over many answers, by label"


def declare_all() -> None:
    declare(
        "annotations.Answer",
        persons="worker",
        items="item",
        words="reason",
        content="value edits",
        nothing={
            "gold_scores": "numbers by field",
            "category": _CODE,
            "idempotency_key request_hash": "of the sending program; emptied with the person",
        },
    )
    declare("annotations.WorkerDay", persons="worker", nothing={"currency": _CODE})
    declare(
        "annotations.Consensus", items="item", content="value posterior suspected", nothing={"field": _CODE}
    )
    declare(
        "annotations.Review",
        persons="reviewer",
        words="reason",
        content="before after",
        nothing={"category": _CODE, "passage": "quoted from the instructions"},
    )
    declare(
        "annotations.SecondReview",
        persons="reviewer resolved_by",
        words="reason",
        content="value",
        nothing={"action category upheld": _CODE},
    )
    declare("annotations.Appeal", persons="decided_by", words="text decision")
    declare(
        "annotations.WorkerSkill",
        persons="worker",
        nothing={"field": _CODE, "confusion evidence habits": "figures by label, of the person of the row"},
    )
    declare(
        "annotations.FieldFit",
        nothing={
            "field method fixed_method": _CODE,
            "priors agreement choice reading": _FIGURES,
        },
    )
    declare(
        "annotations.ModelJudgment",
        items="item",
        content="posterior",
        nothing={"field version": _CODE},
    )
    declare("annotations.OverlapStudy", nothing={"histories": "numbers of a sample, without its items"})
    declare("annotations.Suggestion", items="item", content="value", nothing={"field source": _CODE})
    declare(
        "annotations.AnomalySignal",
        persons="worker partner decided_by",
        words="note",
        nothing={"evidence": "numbers by name; the row goes with the person"},
    )
    declare(
        "annotations.Measure",
        persons="worker by decided_by",
        words="reason appeal decision",
    )
    declare("annotations.ProjectRecord", nothing={"project": "counts of a whole project"})
