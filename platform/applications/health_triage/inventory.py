"""What the tables of health triage hold about people: texts are in the predictions alone."""

from privacy.inventory import declare

_CODE = "a code from a list"


def declare_all() -> None:
    declare("health_triage.RiskSetting", persons="changed_by", nothing={"method": _CODE})
    declare(
        "health_triage.Calibration",
        persons="asked_by",
        nothing={
            "held_back measured": "probabilities and labels by place, without ids or texts of items",
            "sha256": "a hash over all items' ids and labels together",
            "claim": "drawn anew by whoever works on the row",
            "reason": "what a program said that could not go on",
        },
    )
    declare("health_triage.AbstainedCase", nothing={"reasons": _CODE})
