"""What privacy's own tables hold about people."""

from privacy.inventory import declare

_CODE = "a code from a list of the program's own"
_PROJECT = "the id of a project"
_KEY = "a key under another key, or its name"


def declare_all() -> None:
    declare(
        "privacy.Finding",
        items="item",
        nothing={
            "project": _PROJECT,
            "kind detector": _CODE,
            "replacement": "a placeholder or a made-up value",
        },
    )
    _of_what_was_missed()
    _of_the_vault()
    _of_consents()
    declare("privacy.RetentionRule", persons="changed_by", nothing={"project": _PROJECT, "kind": _CODE})
    _of_requests()


def _of_requests() -> None:
    declare(
        "privacy.SubjectRequest",
        persons="account actor digest contact_digest nonce sealed",
        words="proof reason extension",
        nothing={
            "problem": "names of holders and kinds, or of a class of errors",
            "outcome": "counts, and names of model versions",
        },
    )
    declare(
        "privacy.AccessPackage",
        persons="file nonce sealed_key",
        nothing={"request": "whose it is stands in the request"},
    )
    declare("privacy.SharingOptOut", persons="account subject", items="item")
    declare("privacy.SigningKey", nothing={"id public nonce sealed": _KEY})
    declare("privacy.Certificate", nothing={"document": "counts and digests, as it was given out"})


def _of_what_was_missed() -> None:
    declare(
        "privacy.MissedValue",
        persons="flagged_by decided_by digest",
        items="item",
        words="reason",
        nothing={"project": _PROJECT, "kind": _CODE, "fixed": "counts", "item_state": _CODE},
    )
    declare("privacy.LearnedValue", persons="digest", nothing={"project": _PROJECT, "kind": _CODE})
    declare("privacy.LearnedStamp", nothing={"project": _PROJECT, "stamp": "drawn at random"})
    for table in ("CanaryEstimate", "Rescan"):
        counts = "tally" if table == "CanaryEstimate" else "findings"
        declare(
            f"privacy.{table}",
            persons="asked_by",
            nothing={"project": _PROJECT, counts: "counts by kind", "reason": "the name of a fault"},
        )
    declare("privacy.SampleCheck", persons="drawn_by", nothing={"project": _PROJECT, "strata": "counts"})
    declare("privacy.CheckedText", persons="read_by", items="item", nothing={"stratum": _CODE})
    declare("privacy.TrustedReading", nothing={"project reader": _PROJECT})


def _of_the_vault() -> None:
    declare(
        "privacy.VaultEntry",
        items="item",
        persons="subject nonce sealed",
        nothing={"project": _PROJECT, "key_id wrapped_key": _KEY},
    )
    declare("privacy.DataSubject", persons="id ref_digest", nothing={"project": _PROJECT})
    declare("privacy.SubjectKey", persons="subject", nothing={"serial wrapped key_id": _KEY})
    declare("privacy.DestroyedKey", nothing={"serial": "of a key, which nobody has"})
    declare("privacy.SiteKey", nothing={"name wrapped key_id": _KEY})
    declare("privacy.SubjectItem", persons="subject", items="item")
    declare("privacy.BlindValue", persons="digest", items="item")
    declare(
        "privacy.VaultAccess", persons="actor", items="item", words="reason", nothing={"project": _PROJECT}
    )


def _of_consents() -> None:
    notice = "the site's own words, or which of them"
    declare("privacy.NoticeDraft", persons="updated_by", nothing={"regime language body": notice})
    declare(
        "privacy.NoticeVersion",
        persons="published_by",
        nothing={"number regime language text sha256": notice},
    )
    declare(
        "privacy.ConsentRecord",
        persons="person proof",
        nothing={
            "statement number regime language sha256": notice,
            "purpose given how legal_ground": _CODE,
        },
    )
