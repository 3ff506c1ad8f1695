"""What the tables of recommendation hold about people."""

from privacy.inventory import declare

_CODE = "a code from a list, or the name of a setting"


def declare_all() -> None:
    declare(
        "recommendation.CatalogueItem",
        words="title text",
        content="vector",
        nothing={"external_id": "what the owner calls an item of the catalogue", "encoder": _CODE},
    )
    declare("recommendation.Person", persons="id")
    declare("recommendation.Interaction", persons="person", nothing={"kind": _CODE})
    declare(
        "recommendation.Mixture",
        persons="asked_by",
        nothing={
            "claim": "drawn anew by whoever works on the row",
            "reason": "what a program said that could not go on",
        },
    )
