"""What privacy's own tables hold about people."""

from privacy.inventory import declare

_CODE = "a code from a list of the program's own"
_PROJECT = "the id of a project"


def declare_all() -> None:
    declare(
        "privacy.Finding",
        items="item",
        nothing={"project": _PROJECT, "kind detector": _CODE, "replacement": "a placeholder or a made-up value"},
    )
    declare(
        "privacy.VaultEntry",
        items="item",
        persons="nonce sealed",
        nothing={"project": _PROJECT, "key_id": "the name of a key"},
    )
