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
