"""Where a consensus is unsure, in words: the units with the least certain verdict, and what it might be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotations.aggregation.label_tables import NOTHING
from annotations.presenting import title_of
from tasks_app.fields.base import WHOLE, Field
from tasks_app.fields.payload import turn_texts
from tasks_app.fields.rank import FIRST

_SURE = 0.95
_MOST_UNITS = 8
_MOST_VERDICTS = 4
_LEAST_SHOWN = 0.02
_LONGEST = 60
Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Doubt:
    """`where` is empty for the whole item; `verdicts`: what may be true, with probabilities, likely first."""

    where: str
    verdicts: list[tuple[str, float]]


def doubts(shape: Field, posterior: Mapping[str, Mapping[str, float]], payload: Payload) -> list[Doubt]:
    """The least certain first; empty where all is certain."""
    unsure = sorted(
        (max(row.values()), unit) for unit, row in posterior.items() if row and max(row.values()) < _SURE
    )
    where, verdict = _READERS.get(shape.type, (_place, _label))
    return [
        Doubt(where(unit, payload), _verdicts(shape, unit, posterior[unit], payload, verdict))
        for _least, unit in unsure[:_MOST_UNITS]
    ]


def _verdicts(
    shape: Field,
    unit: str,
    row: Mapping[str, float],
    payload: Payload,
    words: Callable[[Field, str, str, Payload], str],
) -> list[tuple[str, float]]:
    shares = sorted(row.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = [pair for pair in shares if pair[1] >= _LEAST_SHOWN] or shares
    return [(words(shape, unit, label, payload), share) for label, share in shown[:_MOST_VERDICTS]]


def _label(shape: Field, unit: str, label: str, payload: Payload) -> str:
    if label in {"yes", "no"} and ":" in unit:
        name = title_of(shape, unit.rpartition(":")[2])
        return name if label == "yes" else _("not %(label)s") % {"label": name}
    plain = label[2:] if label[:2] in {"B-", "I-"} else label
    if plain in {NOTHING, "O"}:
        return _("nothing")
    return title_of(shape, plain) + (" …" if label.startswith("I-") else "")


def _text(shape: Field, unit: str, label: str, payload: Payload) -> str:
    return _short(label) or _("nothing")


def _better(shape: Field, unit: str, label: str, payload: Payload) -> str:
    names = _candidates(unit, payload)
    return names[0] if label == FIRST else names[1]


def _place(unit: str, payload: Payload) -> str:
    """A choice or a scale: the whole item, or a turn."""
    turn = unit.partition(":")[0]
    return "" if turn == WHOLE else _("Turn %(n)d") % {"n": int(turn) + 1}


def _nowhere(unit: str, payload: Payload) -> str:
    return ""


def _word(unit: str, payload: Payload) -> str:
    turn, start, end = map(int, unit.split(":")[:3])
    return f"{_('Turn %(n)d') % {'n': turn + 1}}: “{_cut(payload, turn, start, end)}”"


def _link(unit: str, payload: Payload) -> str:
    ends = [_cut(payload, *map(int, end.split("."))) for end in unit.split(">")]
    return " → ".join(f"“{end}”" for end in ends)


def _comparison(unit: str, payload: Payload) -> str:
    return _("Better of %(a)s and %(b)s") % dict(zip("ab", _candidates(unit, payload), strict=True))


def _candidates(unit: str, payload: Payload) -> Sequence[str]:
    known = [candidate["id"] for candidate in payload.get("candidates", ())]
    return [known[int(place)] for place in unit.split(":")]


def _cut(payload: Payload, turn: int, start: int, end: int) -> str:
    return _short(turn_texts(payload)[turn][start:end])


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_READERS: dict[str, tuple[Callable[[str, Payload], str], Callable[[Field, str, str, Payload], str]]] = {
    "span": (_word, _label),
    "relation": (_link, _label),
    "rank": (_comparison, _better),
    "text": (_nowhere, _text),
}
