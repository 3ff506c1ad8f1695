"""The dialogues the demo plays with: the shipped ones, or any JSON Lines file of conversations."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.demo import rules
from local.demo.dice import seeded

SHIPPED = Path(__file__).parent / "data" / "customer_service_en.jsonl"
QUICK_SHIPPED = 120
QUICK_FOREIGN = 150
GOLD_SHARE = 0.1
TEST_SHARE = 0.2
_CUSTOMERS = {"customer", "user", "client", "caller", "buyer", "human", "a", "usr", "speaker1"}


class UnreadableDialogues(ValueError):
    """The file holds nothing that the demo can play with."""


@dataclass(frozen=True)
class Dialogue:
    """One conversation with its hidden truth; `pii` is where personal data was planted, if that is known."""

    id: str
    language: str
    group: str
    turns: tuple[dict[str, str], ...]
    truth: Mapping[str, Any]
    pii: tuple[Mapping[str, Any], ...]
    split: str
    gold: bool

    @property
    def texts(self) -> list[str]:
        return [turn["text"] for turn in self.turns]

    def line(self) -> str:
        """The dialogue as a line of the import format; gold alone carries its truth, all pin the split."""
        row = {key: getattr(self, key) for key in ("id", "group", "language", "split", "turns")}
        return json.dumps({**row, "gold": self.truth} if self.gold else row, ensure_ascii=False)


@dataclass(frozen=True)
class Sample:
    """What a demo plays: the dialogues, whether rules made their truth, and the intents that occur."""

    dialogues: tuple[Dialogue, ...]
    rule_made: bool
    intents: tuple[str, ...]
    source: str

    def by_id(self) -> dict[str, Dialogue]:
        return {dialogue.id: dialogue for dialogue in self.dialogues}


def read_sample(path: Path | None, *, quick: bool) -> Sample:
    """The shipped dialogues, or a file's; quick takes a fixed selection. Raises UnreadableDialogues."""
    source = path or SHIPPED
    rows = _read_rows(source)
    if quick:
        rows = _select(rows, QUICK_FOREIGN if path else QUICK_SHIPPED)
    rule_made = not all("truth" in row for row in rows)
    if rule_made:
        rows = rules.add_truth(rows)
    dialogues = tuple(_dialogue(row) for row in rows)
    intents = tuple(sorted({rules.OTHER, *(str(dialogue.truth["intent"]) for dialogue in dialogues)}))
    return Sample(dialogues, rule_made, intents, source.name)


def _read_rows(path: Path) -> list[dict[str, Any]]:
    rows, seen = [], set()
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                row = _parse(line, number)
                if row and row["id"] not in seen:
                    seen.add(row["id"])
                    rows.append(row)
    except OSError as error:
        raise UnreadableDialogues(f"Cannot read {path}: {error.strerror}.") from error
    if len(rows) < 20:
        raise UnreadableDialogues(f"{path} has {len(rows)} usable dialogues; the demo needs at least 20.")
    return rows


def _parse(line: str, number: int) -> dict[str, Any] | None:
    """A row with an id and at least two spoken turns, or None for a line that is no dialogue."""
    try:
        row = json.loads(line)
        spoken = [(str(turn["speaker"]), unicodedata.normalize("NFC", turn["text"])) for turn in row["turns"]]
    except (ValueError, TypeError, KeyError):
        return None
    kept = [(index, speaker, text) for index, (speaker, text) in enumerate(spoken) if text.strip()]
    if len(kept) < 2:
        return None
    if "truth" not in row:  # hints per turn must stay beside their turn
        row["hints"] = [row["turns"][index] for index, _, _ in kept]
    row["turns"] = [{"speaker": _role(speaker), "text": text} for _, speaker, text in kept]
    row["id"] = str(row.get("id") or f"line-{number}")
    return dict(row)


def _role(speaker: str) -> str:
    return "customer" if speaker.strip().lower() in _CUSTOMERS else "agent"


def _select(rows: Sequence[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """A fixed choice with the same share of pinned test rows; the order of the file stays."""
    if len(rows) <= count:
        return list(rows)
    share = count / len(rows)
    pinned = [i for i, row in enumerate(rows) if row.get("split") == "test"]
    free = [i for i, row in enumerate(rows) if row.get("split") != "test"]
    rng = seeded("quick")
    tests = rng.sample(pinned, round(len(pinned) * share))
    return [rows[i] for i in sorted([*tests, *rng.sample(free, count - len(tests))])]


def _dialogue(row: Mapping[str, Any]) -> Dialogue:
    hashed = "test" if _share(str(row["id"]), "test") < TEST_SHARE else "train"
    split = (
        str(row.get("split", "train")) if "pii" in row else hashed
    )  # the shipped files pin their test rows
    return Dialogue(
        id=str(row["id"]),
        language=str(row.get("language") or row.get("lang") or "en"),
        group=str(row.get("group") or row["id"]),
        turns=tuple(row["turns"]),
        truth=row["truth"],
        pii=tuple(row.get("pii", ())),
        split=split,
        gold=split != "test" and _share(str(row["id"]), "gold") < GOLD_SHARE,
    )


def _share(identity: str, purpose: str) -> float:
    """A number from 0 to 1 that depends on nothing but the id and what it is for."""
    digest = hashlib.sha256(f"{purpose}:{identity}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
