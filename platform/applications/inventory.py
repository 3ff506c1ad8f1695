"""What the tables of the shared part hold about people."""

from privacy.inventory import declare

_CODE = "a code from a list, or the name of a field or template"
_SAID = "what a program said that could not go on"


def declare_all() -> None:
    declare(
        "applications.Setup",
        persons="created_by",
        nothing={
            "kind": _CODE,
            "reason notes": _SAID,
            "imports runs promoted": "ids of jobs and runs, and numbers of versions",
            "said": "an answer about the shipped data, which is about nobody",
        },
    )
    declare(
        "applications.Measured",
        nothing={
            "values": "figures over many items",
            "versions tried": "numbers of versions, by field",
            "reason": _SAID,
        },
    )
