"""One record of an uploaded file as an item: checked and canonical, or refused with what is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks_app.fields.base import Field
from tasks_app.fields.payload import PAYLOAD_KEYS, check_payload, content_hash, turn_texts
from tasks_app.fields.problem import Rejected
from tasks_app.fields.schema import check_answer, check_fit
from tasks_app.fields.strings import is_storable, nfc_offset
from tasks_app.importing.label_studio import from_task, is_task
from tasks_app.importing.terms import BASES, Terms

KNOWN = {
    *PAYLOAD_KEYS, "id", "group", "subject", "language", "gold", "approved", "answers", "split", "meta",
    "licence", "consent",
}  # fmt: skip
# (turn, start, end) of the text as it was -> (start, end) in the text as it is published
Carry = Callable[[int, int, int], tuple[int, int]]


class LineRefused(ValueError):
    """The record cannot become an item; the message says what to change."""


@dataclass(frozen=True)
class Labels:
    """A label of somebody: `annotator` is their name in the file they come from."""

    annotator: str
    value: dict[str, Any]
    seconds: float


@dataclass(frozen=True)
class ParsedItem:
    external_id: str
    payload: dict[str, Any]
    content_hash: str
    group: str
    language: str
    split: str
    meta: dict[str, Any]
    gold: dict[str, Any] | None
    approved: dict[str, Any] | None
    answers: list[Labels] = field(default_factory=list)
    # Whose dialogue it is, by an id in the books of whoever imports. Only a keyed digest of it is stored.
    subject: str = ""
    terms: Terms = Terms()

    @property
    def texts(self) -> list[str]:
        return turn_texts(self.payload)


def parse_item(value: dict[str, Any], fields: Sequence[Field]) -> ParsedItem:
    """Check one record whole, also a task of Label Studio. Raises LineRefused with the first few problems."""
    if is_task(value):
        value = _read_task(value, fields)
    try:
        payload = check_payload({key: value[key] for key in PAYLOAD_KEYS if key in value})
        if problems := check_fit(fields, payload):
            raise LineRefused(f"{problems[0].pointer}: {problems[0].detail}")
        labels = _Labels(fields, payload, turn_texts(value))
        return ParsedItem(
            external_id=_short(value, "id"),
            payload=payload,
            content_hash=content_hash(payload),
            group=_short(value, "group"),
            subject=_short(value, "subject"),
            language=_short(value, "language", most=10),
            split=_split(value),
            terms=read_terms(value),
            meta=_meta(value),
            gold=labels.read(value.get("gold"), "gold"),
            approved=labels.read(value.get("approved"), "approved"),
            answers=labels.read_answers(value.get("answers", [])),
        )
    except Rejected as error:
        raise LineRefused("; ".join(f"{p.pointer}: {p.detail}" for p in error.problems[:3])) from None


def _read_task(value: dict[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    try:
        return from_task(value, fields)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise LineRefused(f"/annotations: This Label Studio task cannot be read ({error}).") from None


def _short(value: dict[str, Any], key: str, *, most: int = 200) -> str:
    found = value.get(key, "")
    text = str(found).strip() if isinstance(found, (str, int)) and not isinstance(found, bool) else None
    if text is None or len(text) > most or not is_storable(text):
        raise LineRefused(f"/{key}: Expected a text of up to {most} characters.")
    return text


def read_terms(value: dict[str, Any]) -> Terms:
    """`"licence": "CC-BY-4.0"`, and `"consent"`: true, false, or {"basis": …} where another ground holds."""
    licence, said = _short(value, "licence", most=100), value.get("consent")
    if said is None or isinstance(said, bool):
        return Terms(said, "consent" if said else "", licence)
    basis = said.get("basis") if isinstance(said, dict) else None
    if not isinstance(basis, str) or basis not in BASES:
        raise LineRefused(
            f'/consent: Expected true, false, or {{"basis": one of {", ".join(sorted(BASES))}}}.'
        )
    return Terms(None, basis, licence)


def _split(value: dict[str, Any]) -> str:
    split = _short(value, "split", most=10)
    if split not in {"", "train", "test"}:
        raise LineRefused('/split: Expected "train" or "test".')
    return split


def _meta(value: dict[str, Any]) -> dict[str, Any]:
    """What the file says beyond what is understood is kept only where it was put under `meta` on purpose."""
    meta = value.get("meta", {})
    if not isinstance(meta, dict):
        raise LineRefused("/meta: Expected an object.")
    if meta and not _storable(meta):
        raise LineRefused("/meta: Remove NUL characters and lone surrogates.")
    return meta


def _storable(value: Any) -> bool:
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, dict):
        return all(is_storable(key) and _storable(inner) for key, inner in value.items())
    return all(map(_storable, value)) if isinstance(value, list) else True


class _Labels:
    """Reads values whose offsets count in the file's own text, which need not be NFC."""

    def __init__(self, fields: Sequence[Field], payload: dict[str, Any], raw_texts: list[str]) -> None:
        self.fields, self.payload = fields, payload
        self.changed = raw_texts != turn_texts(payload)
        self.raw_texts = raw_texts

    def read(self, value: Any, where: str) -> dict[str, Any] | None:
        if value is None:
            return None
        if isinstance(value, dict) and self.changed:
            value = carry_value(self.fields, value, self._to_nfc)
        try:
            return check_answer(self.fields, value, self.payload)
        except Rejected as error:
            first = error.problems[0]
            pointer = first.pointer.replace("/answer", f"/{where}", 1)
            raise LineRefused(f"{pointer}: {first.detail}") from None

    def _to_nfc(self, turn: int, start: int, end: int) -> tuple[int, int]:
        text = self.raw_texts[turn]
        return nfc_offset(text, start), nfc_offset(text, end)

    def read_answers(self, answers: Any) -> list[Labels]:
        if not isinstance(answers, list):
            raise LineRefused("/answers: Expected a list.")
        return [self._read_answer(answer, f"answers/{n}") for n, answer in enumerate(answers)]

    def _read_answer(self, answer: Any, where: str) -> Labels:
        if not isinstance(answer, dict) or not str(answer.get("annotator", "")).strip():
            raise LineRefused(f'/{where}: Expected {{"annotator": "w01", "value": {{...}}}}.')
        value = self.read(answer.get("value"), f"{where}/value")
        if value is None:
            raise LineRefused(f"/{where}/value: The answer is missing.")
        seconds = answer.get("seconds", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < 1e7:
            raise LineRefused(f"/{where}/seconds: Expected a number of seconds.")
        return Labels(str(answer["annotator"]).strip()[:100], value, float(seconds))


def carry_value(fields: Sequence[Field], value: dict[str, Any], carry: Carry) -> dict[str, Any]:
    """`value` with its spans' offsets moved by `carry`. Places that make no sense are left for the check."""
    spans = {field.name for field in fields if field.type == "span"}
    return {
        name: [_carry_span(span, carry) for span in found]
        if name in spans and isinstance(found, list)
        else found
        for name, found in value.items()
    }


def _carry_span(span: Any, carry: Carry) -> Any:
    try:
        start, end = carry(span["turn"], span["start"], span["end"])
    except (TypeError, KeyError, IndexError, ValueError):
        return span
    return {**span, "start": start, "end": end}
