"""What the tables of tasks_app hold about people."""

from privacy.inventory import declare

_CODE = "a code from a list of the program's own"
_OWNERS = "written by the project's owner about the task, for everybody to read"


def declare_all() -> None:
    declare(
        "tasks_app.Project",
        persons="owner",
        words="instructions erasure_ground",
        nothing={
            "title template languages currency privacy_policy originals may_reveal": _OWNERS,
            "data_source data_licence data_basis": _OWNERS,
            "qualification": "ids of qualifications",
            "error_categories": _OWNERS,
        },
    )
    declare("tasks_app.SchemaVersion", nothing={"fields": _OWNERS})
    declare("tasks_app.SchemaDraft", persons="person", nothing={"text": _OWNERS})
    declare("tasks_app.PutAway", persons="person", nothing={"card": _CODE})
    declare(
        "tasks_app.TryOut",
        persons="person",
        content="answers",
        nothing={"fields template": _OWNERS, "items": "ids and numbers; the row goes with the person"},
    )
    declare(
        "tasks_app.Item",
        items="id external_id group",
        content="payload meta gold",
        nothing={
            "language legal_basis licence": _CODE,
            "content_hash": "a keyed digest; replaced by a number when the item is erased",
        },
    )
    declare(
        "tasks_app.Assignment",
        persons="worker",
        items="item item_group",
        words="reason",
        nothing={"claim_key": "chosen by a program; emptied when the item or the person is erased"},
    )
    declare("tasks_app.WorkerProgress", persons="worker banned_by", words="ban_reason")
    declare(
        "tasks_app.ImportJob",
        persons="created_by path",
        words="errors reason",
        nothing={
            "format": _CODE,
            "options": "codes from a list, and keyed digests; whose they are cannot be told from them",
            "skipped findings": "counts by kind",
        },
    )
    declare("tasks_app.Flag", persons="worker", items="item", words="comment")
    declare(
        "tasks_app.ErasedText", nothing={"digest": "an HMAC: tells only whether the very text comes again"}
    )
    declare(
        "tasks_app.Qualification",
        persons="owner",
        words="instructions",
        nothing={"title fields earn": _OWNERS},
    )
    declare("tasks_app.QualificationItem", items="source", words="explanation", content="payload answer")
    declare(
        "tasks_app.QualificationAttempt",
        persons="worker",
        content="answers",
        nothing={"items scores": "ids and numbers; the row goes with the person"},
    )
    declare("tasks_app.WorkerQualification", persons="worker granted_by revoked_by", words="reason")
