"""What the tables of rewards hold about people."""

from privacy.inventory import declare

_CODE = "a code from a list of the program's own"
_PROJECT = "the id of a project"
_SEALED_WITH = "names the key that it is sealed with"


def declare_all() -> None:
    declare("rewards.LedgerAccount", persons="owner", nothing={"currency": _CODE})
    declare(
        "rewards.Transfer",
        persons="actor memo",
        nothing={"key": "names what was paid by its id, so that it is paid once"},
    )
    declare(
        "rewards.Bonus",
        persons="worker actor",
        words="reason",
        nothing={"key": "names what was paid by its id", "project": _PROJECT, "currency": _CODE},
    )
    declare(
        "rewards.PayoutAddress",
        persons="user nonce sealed hint",
        nothing={"key_id": _SEALED_WITH},
    )
    declare(
        "rewards.PayoutBatch",
        persons="actor",
        words="problem",
        nothing={
            "key provider currency": _CODE,
            "reference": "the provider's number of a whole batch",
        },
    )
    declare(
        "rewards.Payout",
        persons="user nonce sealed reference",
        words="reason",
        nothing={
            "key": "names the hold by its id",
            "currency": _CODE,
            "key_id": _SEALED_WITH,
        },
    )
    declare("rewards.WorkedDay", persons="worker", nothing={"project": _PROJECT})
    declare("rewards.FairRate", nothing={"currency": _CODE})
    declare("rewards.Recognition", persons="user facts nickname time_zone")
    declare("rewards.Badge", persons="user", nothing={"name": _CODE})
