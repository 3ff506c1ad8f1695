"""What every answer field can do. One module per type; the rest of the system asks the field."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, Self

from tasks_app.fields.config import ConfigReader, Label
from tasks_app.fields.payload import turn_speakers
from tasks_app.fields.problem import Problem, said
from tasks_app.fields.strings import nfc

Payload = Mapping[str, Any]
Judged = tuple[str, str]  # (unit, label): one thing that was judged, and the verdict
Posteriors = Mapping[str, Mapping[str, float]]  # unit -> label -> probability

WHOLE = "item"  # the unit of a judgment on the whole item
BLANK = ""  # the verdict of someone who left a unit blank


@dataclass(frozen=True, slots=True)
class Others:
    """The rest of an answer, for a field that refers into it: canonical values, and where entries went.

    `moved`: field -> for each entry of its list as it was given, the entry's place in the canonical list.
    """

    values: Mapping[str, Any]
    moved: Mapping[str, Sequence[int]]


@dataclass(frozen=True, kw_only=True)
class Field(ABC):
    """One question to the annotator. Immutable; `parse` reads it from JSON and `to_json` writes it back."""

    type: ClassVar[str]
    widget: ClassVar[str]  # static/js/fields/<widget>.js
    head: ClassVar[str]  # training/engine/heads/<head>.py
    method: ClassVar[str]  # annotations.aggregation.families: how judgments are weighed
    # How agreement is measured: by "nominal" or "ordinal" verdicts, or by the "distance" of whole answers.
    level: ClassVar[str] = "nominal"
    keys: ClassVar[frozenset[str]] = frozenset(
        {"name", "type", "title", "title_zh", "help", "help_zh", "scope", "required"}
    )
    scopes: ClassVar[tuple[str, ...]]  # the first is the default

    name: str
    title: str
    title_zh: str = ""
    help: str = ""
    help_zh: str = ""
    scope: str
    required: bool
    options: tuple[Label, ...] = ()
    speakers: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(option.name for option in self.options)

    @classmethod
    @abstractmethod
    def parse(cls, reader: ConfigReader) -> Self:
        """Read this type's configuration; what is wrong stands in `reader.problems` afterwards."""

    @abstractmethod
    def check(self, value: object, payload: Payload, pointer: str) -> Any:
        """The canonical value, or InvalidAnswer with every problem; a canonical value comes back as it is."""

    @abstractmethod
    def empty(self, payload: Payload) -> Any:
        """The canonical value of a field that was left blank."""

    @abstractmethod
    def judgments(self, value: Any, payload: Payload) -> list[Judged]:
        """Every unit of the item with this value's verdict on it, so that silence is a judgment too."""

    @abstractmethod
    def decode(self, posteriors: Posteriors, payload: Payload) -> tuple[Any, float]:
        """The likeliest legal canonical value, and how probable it is that it is all right (0: unjudged)."""

    @abstractmethod
    def distance(self, a: Any, b: Any, payload: Payload) -> float:
        """How far two canonical values are apart: 0 the same, 1 nothing in common."""

    def blind(self, payload: Payload, random: Random) -> Any | None:
        """A value of somebody who did not look at the item, where such can be made up."""
        return None

    @property
    def verdicts(self) -> tuple[str, ...]:
        """Every label that a judgment can have; empty where people write what they like."""
        return ()

    # -- fields that refer to others ----------------------------------------------------------------------
    # A value may speak of another field's value in the same answer (a relation names spans by their index).
    # Stored values always do; what judges or compares works on resolved ones, which stand for themselves.

    @property
    def refers(self) -> tuple[str, ...]:
        """The names of the fields that this one's values speak of."""
        return ()

    def reference_problems(self, earlier: Mapping[str, "Field"], pointer: str) -> list[Problem]:
        """What is wrong with the fields that this one names; `earlier` are those before it in the schema."""
        return []

    def check_among(self, value: object, others: Others, payload: Payload, pointer: str) -> Any:
        """`check`, and whether what the value refers to is there."""
        return self.check(value, payload, pointer)

    def moved(self, value: Any, payload: Payload) -> list[int]:
        """Where `check` has put each entry of a list it has accepted."""
        return list(range(len(value)))

    def resolve(self, value: Any, answer: Mapping[str, Any]) -> Any:
        """`value` with what it refers to in `answer` put in its place; judgments and distance take this."""
        return value

    def refer(self, resolved: Any, answer: Mapping[str, Any]) -> Any:
        """The other way round: the canonical value that says the same of `answer`, as far as that goes."""
        return resolved

    def aligned(self, resolved: Sequence[Any], payload: Payload) -> list[Any]:
        """Several people's resolved values on one item, made to speak of the same units."""
        return list(resolved)

    def within(self, posteriors: Posteriors, answer: Mapping[str, Any]) -> Posteriors:
        """Those of the units that `answer`, the consensus on the fields referred to, still has."""
        return posteriors

    def to_json(self) -> dict[str, Any]:
        """The configuration in full; `parse_fields([field.to_json()])` gives the same field."""
        texts = {key: getattr(self, key) for key in ("title_zh", "help", "help_zh") if getattr(self, key)}
        common = {"name": self.name, "type": self.type, "title": self.title, **texts, "scope": self.scope}
        return common | {"required": self.required} | self._own_json()

    def _own_json(self) -> dict[str, Any]:
        own: dict[str, Any] = (
            {"labels": [option.to_json() for option in self.options]} if self.options else {}
        )
        return own | ({"speakers": list(self.speakers)} if self.speakers else {})

    def turns(self, payload: Payload) -> list[int]:
        """The turns this field asks about: all, or its speakers' own. Texts without speakers always count."""
        return [
            index
            for index, speaker in enumerate(turn_speakers(payload))
            if not self.speakers or speaker is None or speaker in self.speakers
        ]

    def label_of(self, raw: object, pointer: str, problems: list[Problem]) -> str | None:
        """One of the field's labels; None, and a problem more, for anything else."""
        label = nfc(raw) if isinstance(raw, str) else None
        if label not in self.labels:
            detail = f"Not a label of this field. Choose one of: {', '.join(self.labels[:12])}."
            problems.append(Problem(pointer, "label", detail))
            return None
        return label

    def turn_problem(self, turn: object, payload: Payload, pointer: str) -> Problem | None:
        """What is wrong with `turn` as the place of a mark, if anything."""
        count = len(turn_speakers(payload))
        if not isinstance(turn, int) or isinstance(turn, bool):
            return Problem(pointer, "type", "Expected the number of a turn, counted from 0.")
        if not 0 <= turn < count:
            return Problem(pointer, "turn", f"There is no such turn; the last one is {count - 1}.")
        if turn not in self.turns(payload):
            who = ", ".join(self.speakers)
            return Problem(pointer, "speaker", f"Only turns by {who} are asked about; leave this one blank.")
        return None


def common_parts(reader: ConfigReader, scopes: tuple[str, ...]) -> dict[str, Any]:
    """The constructor arguments that all types share."""
    name = reader.name()
    texts = {"title_zh": reader.text("title_zh"), "help": reader.text("help", most=2_000)}
    texts["help_zh"] = reader.text("help_zh", most=2_000)
    return {
        "name": name,
        "title": reader.text("title") or name,
        **texts,
        "scope": reader.one_of("scope", scopes),
    }


def turn_parts(reader: ConfigReader, scopes: tuple[str, ...]) -> dict[str, Any]:
    """The same of types that may be asked of each turn: of all, or of those that some speakers say."""
    common = common_parts(reader, scopes) | {"speakers": reader.speakers()}
    if common["speakers"] and common["scope"] != "turn":
        detail = said('Speakers are for fields with the scope "turn".')
        reader.refuse("speakers", "not_applicable", detail)
    return common


def likeliest(posterior: Mapping[str, float], allowed: tuple[str, ...]) -> tuple[str, float]:
    """The most probable of `allowed`; of equals the first, so that no dict order decides."""
    best = max(allowed, key=lambda label: posterior.get(label, 0.0))
    return best, float(posterior.get(best, 0.0))
