"""What an item shows: turns of a dialogue, one plain text, or a pair of texts; with candidates if asked."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from privacy.pii.texts import turn_texts as turn_texts
from tasks_app.fields.problem import InvalidPayload, Problem, said, step
from tasks_app.fields.strings import is_storable, nfc

PAYLOAD_KEYS = ("turns", "text", "pair", "candidates")
KINDS = ("turns", "text", "pair")
MAX_TURNS = 2_000
MAX_CANDIDATES = 100
MAX_CHARACTERS = 200_000


def check_payload(raw: object) -> dict[str, Any]:
    """The canonical payload: NFC text, and of each turn only `speaker` and `text`.

    Other keys of a turn belong to the file it came from and are left out; offsets that refer to text which is
    not NFC must be carried over with `strings.nfc_offset`. Raises InvalidPayload with every problem found.
    """
    if not isinstance(raw, Mapping):
        raise InvalidPayload([Problem("", "type", said('Expected an object such as {"turns": [...]}.'))])
    problems = [
        Problem(
            step("", key),
            "unknown_key",
            said("Unknown content. An item has one of %(kinds)s.", kinds=", ".join(KINDS)),
        )
        for key in raw
        if key not in PAYLOAD_KEYS
    ]
    kinds = [kind for kind in KINDS if kind in raw]
    if len(kinds) != 1:
        detail = said("Give exactly one of turns, text and pair.")
        if kinds:
            detail = said("Give exactly one of turns, text and pair, not %(kinds)s.", kinds=", ".join(kinds))
        raise InvalidPayload([*problems, Problem("", "kind", detail)])
    payload = {kinds[0]: _READERS[kinds[0]](raw[kinds[0]], f"/{kinds[0]}", problems)}
    if "candidates" in raw:
        payload["candidates"] = _read_candidates(raw["candidates"], kinds[0], problems)
    if not problems:
        _check_size(payload, problems)
    if problems:
        raise InvalidPayload(problems)
    return payload


def turn_speakers(payload: Mapping[str, Any]) -> list[str | None]:
    """Who says each turn; None where the content has no speakers (a plain text, a pair)."""
    if "turns" in payload:
        return [turn["speaker"] for turn in payload["turns"]]
    return [None] * len(turn_texts(payload))


def content_hash(payload: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON; equal exactly when two checked payloads show the same."""
    canonical = json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _read_text(raw: object, pointer: str, problems: list[Problem]) -> str:
    if not isinstance(raw, str):
        problems.append(Problem(pointer, "type", said("Expected text.")))
    elif not is_storable(raw):
        detail = said("Remove NUL characters and lone surrogates.")
        problems.append(Problem(pointer, "character", detail))
    else:
        return nfc(raw)
    return ""


def _read_content(raw: object, pointer: str, problems: list[Problem]) -> str:
    text = _read_text(raw, pointer, problems)
    if isinstance(raw, str) and not raw.strip():
        detail = said("There is nothing to read here; leave the item out.")
        problems.append(Problem(pointer, "empty", detail))
    return text


def _read_list(raw: object, pointer: str, most: int, problems: list[Problem]) -> list[Any]:
    if not isinstance(raw, list):
        problems.append(Problem(pointer, "type", said("Expected a list.")))
        return []
    if not 1 <= len(raw) <= most:
        detail = said("Expected 1 to %(most)s entries, found %(found)s.", most=most, found=len(raw))
        problems.append(Problem(pointer, "length", detail))
        return []
    return raw


def _read_turns(raw: object, pointer: str, problems: list[Problem]) -> list[dict[str, str]]:
    turns = []
    for index, turn in enumerate(_read_list(raw, pointer, MAX_TURNS, problems)):
        place = step(pointer, index)
        if not isinstance(turn, Mapping) or "text" not in turn:
            problems.append(Problem(place, "type", said('Expected {"speaker": "...", "text": "..."}.')))
            continue
        speaker = _read_text(turn.get("speaker", ""), f"{place}/speaker", problems).strip()
        turns.append({"speaker": speaker, "text": _read_text(turn["text"], f"{place}/text", problems)})
    if turns and not problems and not any(turn["text"].strip() for turn in turns):
        problems.append(Problem(pointer, "empty", said("No turn says anything; leave the item out.")))
    return turns


def _read_pair(raw: object, pointer: str, problems: list[Problem]) -> list[str]:
    if not isinstance(raw, list) or len(raw) != 2:
        problems.append(Problem(pointer, "type", said("Expected a list of two texts.")))
        return []
    return [_read_content(text, step(pointer, index), problems) for index, text in enumerate(raw)]


def _read_candidates(raw: object, kind: str, problems: list[Problem]) -> list[dict[str, str]]:
    """Plain strings are numbered from "0"; objects bring their own ids."""
    if kind == "pair":
        detail = said("Candidates go with turns or text, not with a pair.")
        problems.append(Problem("/candidates", "kind", detail))
    candidates: list[dict[str, str]] = []
    for index, entry in enumerate(_read_list(raw, "/candidates", MAX_CANDIDATES, problems)):
        place = step("/candidates", index)
        candidate = {"id": str(index), "text": entry} if isinstance(entry, str) else entry
        if not isinstance(candidate, Mapping) or set(candidate) != {"id", "text"}:
            problems.append(Problem(place, "type", said('Expected text, or {"id": "...", "text": "..."}.')))
            continue
        identity = _read_content(candidate["id"], f"{place}/id", problems).strip()
        text = _read_content(candidate["text"], f"{place}/text", problems)
        if any(identity == other["id"] for other in candidates):
            problems.append(Problem(f"{place}/id", "duplicate", said("Two candidates share this id.")))
        candidates.append({"id": identity, "text": text})
    return candidates


def _check_size(payload: Mapping[str, Any], problems: list[Problem]) -> None:
    size = sum(map(len, turn_texts(payload)))
    size += sum(len(candidate["text"]) for candidate in payload.get("candidates", ()))
    if size > MAX_CHARACTERS:
        detail = said(
            "%(size)s characters in one item; the limit is %(most)s. Split it into several items.",
            size=size,
            most=MAX_CHARACTERS,
        )
        problems.append(Problem("", "size", detail))


_READERS = {"turns": _read_turns, "text": _read_content, "pair": _read_pair}
