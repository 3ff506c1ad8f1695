"""What the tables of finance monitors hold about people."""

from privacy.inventory import declare, declare_empty

_CODE = "a code from a list, or the name of a label, season or time zone"
_SAID = "what a server or a program said that could not go on"


def declare_all() -> None:
    declare("finance_monitor.Monitor", nothing={"time_zone": _CODE})
    declare(
        "finance_monitor.Source",
        nothing={
            "url": "the address of a feed, or a folder of the server",
            "etag modified problem refused_why": _SAID,
        },
    )
    declare_empty("finance_monitor.SourceFile", "digests of the names and times of files")
    declare(
        "finance_monitor.NewsText",
        content="text digest",
        nothing={"language sentiment topics": _CODE, "problem": _SAID},
    )
    declare("finance_monitor.Count", nothing={"topic": _CODE})
    declare("finance_monitor.Watched", nothing={"topic": _CODE})
    declare("finance_monitor.Alert", persons="judged_by", nothing={"topic": _CODE})
    declare(
        "finance_monitor.Webhook",
        nothing={"url": "the address of a program", "sealed": "a secret that was drawn"},
    )
    declare("finance_monitor.Delivery", nothing={"problem": _SAID})
