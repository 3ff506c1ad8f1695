"""What the tables of education grading hold about people: learners, who are digests here, and teachers."""

from privacy.inventory import declare

_CODE = "a code from a list"
_PLACES = "numbers of points and steps of a scale, with probabilities"
_DIGEST = "a keyed digest; whose it is cannot be told from it"


def declare_all() -> None:
    declare(
        "education_grading.Question",
        words="title text",
        content="reference points",
        nothing={"language": _CODE},
    )
    declare(
        "education_grading.Submission",
        persons="learner subject decided_by",
        words="text feedback objection",
        nothing={"key": _DIGEST, "state": _CODE, "guards": _CODE, "shares missing": _PLACES},
    )
    declare("education_grading.FeedbackEdit", persons="editor", words="text")
    declare("education_grading.ReleaseRule", persons="changed_by")
    declare(
        "education_grading.Calibration",
        persons="asked_by",
        nothing={
            "known": "scores and groups, no texts",
            "sha256": "a hash over the keys of all answers and their truth together",
            "wanted": "two shares",
            "claim": "drawn anew by whoever works on the row",
            "reason": "what a program said that could not go on",
        },
    )
