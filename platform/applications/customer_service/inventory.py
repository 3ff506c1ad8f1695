"""What the tables of customer service hold about people."""

from privacy.inventory import declare

_CODE = "a code from a list, or the name of an encoder"


def declare_all() -> None:
    declare(
        "customer_service.Pair",
        persons="created_by",
        items="item",
        content="question answer words vector digest",
        nothing={"encoder language": _CODE},
    )
    declare("customer_service.Threshold", nothing={"encoder language": _CODE})
    declare("customer_service.Ground", items="item", nothing={"field": _CODE})
    declare("customer_service.LeftOut", items="item")
    declare("customer_service.Unknown", content="text vector", nothing={"encoder language": _CODE})
    declare("customer_service.Conversation", persons="asked_by subject")
    declare(
        "customer_service.Exchange",
        content="text answer",
        nothing={"cited predictions": "ids of other rows", "writer": _CODE},
    )
