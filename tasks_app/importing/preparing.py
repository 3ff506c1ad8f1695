"""From lines of a file to rows for the database: check, replace personal data, seal the originals.

Pure, and what goes in and comes out is JSON, so that it runs in this process or in several others alike.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import repeat
from typing import Any

from privacy.keeping import Keeper, Kept
from privacy.pii.beside import replace_beside
from privacy.pii.finding import Finding
from privacy.pii.learned import Learned
from privacy.pii.logs import scrub
from privacy.pii.payload import RedactedPayload, redact_payload
from privacy.pii.proposals import joined
from privacy.pii.surroundings import pseudonymous_id
from tasks_app.content_digests import HEAD, keyed
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_texts
from tasks_app.fields.schema import parse_fields
from tasks_app.fields.texts import gate_texts
from tasks_app.importing import rows
from tasks_app.importing.lines import LineRefused, ParsedItem, carry_value, parse_item
from tasks_app.importing.records import Broken, Raw, parse
from tasks_app.importing.terms import Terms


@dataclass(frozen=True)
class Setup:
    """What preparing depends on. `schema` is as the schema version stores it; secrets are in hexadecimal."""

    project: str
    job: str
    schema: list[dict[str, Any]]
    policy: str
    secret: str
    index_key: str
    keep_originals: bool
    keep_duplicates: bool
    scope: str = "direct"
    terms: dict[str, Any] = field(default_factory=dict)
    # What people have found before in this project: digest -> [kind, words, loose], and the digests' key.
    learned: dict[str, tuple[str, int, bool]] = field(default_factory=dict)
    learned_secret: str = ""
    # Whose items these are, by their ids: ids of DataSubject, known to a program that knows no names.
    subjects: dict[str, str] = field(default_factory=dict)

    @cached_property
    def finds_learned(self) -> Learned:
        return Learned(bytes.fromhex(self.learned_secret), self.learned)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return parse_fields(self.schema) if self.schema else ()

    @cached_property
    def usual(self) -> Terms:
        """What holds for every line that says nothing itself."""
        return Terms(**self.terms)

    @cached_property
    def keeper(self) -> Keeper:
        return Keeper(uuid.UUID(self.project), bytes.fromhex(self.index_key), self.keep_originals)


@dataclass
class PreparedItem:
    """`item` and `findings` are rows in the text form of COPY; see `rows`."""

    number: int
    id: str
    external_id: str
    item: str
    content: str = ""  # plain, and before kept duplicates are told apart: in memory only
    findings: list[str] = field(default_factory=list)
    kept: Kept | None = None
    counts: dict[str, int] = field(default_factory=dict)
    labels: dict[str, Any] | None = None


@dataclass
class Prepared:
    """What became of some lines. `dropped` counts what was found in items that the policy keeps out."""

    items: list[PreparedItem] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    left_out: int = 0
    dropped: dict[str, int] = field(default_factory=dict)


# What another detector finds in the texts of items, a list for each text of each.
Propose = Callable[[Sequence[Sequence[str]]], Sequence[Sequence[Sequence[Finding]]]]


def prepare(setup: Setup, lines: Sequence[Raw], propose: Propose | None = None) -> Prepared:
    """What the lines become. `propose` is asked once, about all of them."""
    prepared = Prepared()
    dropped: Counter[str] = Counter()
    found = [read for raw in lines if (read := _read(setup, raw, prepared))]
    more = propose([_all_texts(parsed) for _number, parsed in found]) if propose else repeat(None)
    for (number, parsed), proposed in zip(found, more, strict=False):
        redacted = redact_payload(
            parsed.payload,
            parsed.texts,
            policy=setup.policy,
            secret=bytes.fromhex(setup.secret),
            language=parsed.language,
            scope=setup.scope,
            meta=parsed.meta,
            proposed=joined(_learned(setup, parsed), proposed),
        )
        if redacted.dropped:
            prepared.left_out += 1
            dropped += redacted.counts
            continue
        prepared.items.append(_item(setup, number, parsed, redacted))
    prepared.dropped = dict(dropped)
    return prepared


def _read(setup: Setup, raw: Raw, prepared: Prepared) -> tuple[int, ParsedItem] | None:
    """The line's number and its item; None for a line that is none, whose reason goes to the errors."""
    record = parse(raw)
    if isinstance(record, Broken):
        prepared.errors.append({"line": record.number, "detail": record.detail})
        return None
    try:
        parsed = parse_item(record.value, setup.fields)
    except LineRefused as error:
        # What is wrong may quote what stands there; it is kept and shown, and nobody would find it again.
        detail = str(error) if setup.policy == "keep" else scrub(str(error))
        prepared.errors.append({"line": record.number, "detail": nameable(detail)})
        return None
    return record.number, replace(parsed, terms=parsed.terms.over(setup.usual))


def _all_texts(parsed: ParsedItem) -> list[str]:
    return [*parsed.texts, *(candidate["text"] for candidate in parsed.payload.get("candidates", []))]


def _learned(setup: Setup, parsed: ParsedItem) -> list[list[Finding]] | None:
    """What was learned and stands in the item, a list for each text; None where nothing was learned."""
    if not setup.learned:
        return None
    return [setup.finds_learned.find(text) for text in _all_texts(parsed)]


def nameable(text: str) -> str:
    """The text of an error, which may quote what no database takes."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


def _item(setup: Setup, number: int, parsed: ParsedItem, redacted: RedactedPayload) -> PreparedItem:
    def carry(turn: int, start: int, end: int) -> tuple[int, int]:
        return redacted.maps[turn].span(start, end)

    def clean(text: str) -> str:
        texts = turn_texts(redacted.payload)
        return replace_beside(text, texts=texts, originals=redacted.originals, policy=setup.policy)[0]

    def carried(value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        return gate_texts(setup.fields, carry_value(setup.fields, value, carry), clean)

    # Random, not time-ordered: see Item.
    item_id = uuid.uuid4()
    whose = parsed
    parsed, named = _pseudonymised(setup, replace(parsed, meta=redacted.meta))
    originals = [*redacted.originals, *named]
    approved = carried(parsed.approved)
    answers = [
        {"annotator": _annotator(setup, a.annotator), "value": carried(a.value), "seconds": a.seconds}
        for a in parsed.answers
    ]
    labelled = bool(answers) or approved is not None
    return PreparedItem(
        number=number,
        id=str(item_id),
        external_id=parsed.external_id,
        content=parsed.content_hash,
        item=rows.item_row(
            item_id,
            parsed,
            payload=redacted.payload,
            gold=carried(parsed.gold),
            content_hash=_content(setup, number, parsed),
            state=_state(parsed),
            needs_aggregation=bool(answers) and approved is None,
        ),
        findings=[rows.finding_row(setup.project, item_id, found) for found in redacted.findings],
        kept=setup.keeper.keep(
            item_id,
            subject=whose.subject,
            group=whose.group,
            originals=originals,
            bound=setup.subjects.get(whose.external_id, ""),
        ),  # fmt: skip
        counts=dict(redacted.counts + Counter(row["kind"] for row in named)),
        labels={"payload": redacted.payload, "answers": answers, "approved": approved} if labelled else None,
    )


def _annotator(setup: Setup, name: str) -> str:
    """An e-mail address or a full name as a pseudonym: the same person still has one."""
    return name if setup.policy == "keep" else pseudonymous_id(name, bytes.fromhex(setup.secret))[0]


def _pseudonymised(setup: Setup, parsed: ParsedItem) -> tuple[ParsedItem, list[dict[str, Any]]]:
    """The item with pseudonyms for those of its ids that are personal data, and what stood there."""
    if setup.policy == "keep":
        return parsed, []
    shown: dict[str, Any] = {}
    originals = []
    for place in ("external_id", "group"):
        value = getattr(parsed, place)
        shown[place], kind = pseudonymous_id(value, bytes.fromhex(setup.secret))
        if kind:
            originals.append({"place": place, "kind": kind, "value": value, "replacement": shown[place]})
    return (replace(parsed, **shown), originals) if originals else (parsed, [])


def _content(setup: Setup, number: int, parsed: ParsedItem) -> str:
    """Kept duplicates differ by where they stand, so the unique index still stops a batch that runs twice."""
    known_by = keyed(bytes.fromhex(setup.secret), parsed.content_hash)
    if not setup.keep_duplicates:
        return known_by
    return f"{known_by[:HEAD]}:{uuid.UUID(setup.job).hex[:24]}:{number}"[:64]


def _state(parsed: ParsedItem) -> str:
    if parsed.approved is not None:
        return "closed"
    return "open" if parsed.answers else "waiting"
