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
    _of_the_vault()
    _of_consents()


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
