"""What the approved answers to one item's fields say as questions with answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from applications.customer_service.models import Pair
from applications.customer_service.qa_spans import linked_pairs, pairs_of
from tasks_app.fields.base import Field
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Item, Project

LONGEST = 5_000  # characters of a question or an answer
Source = Pair.Source
SOURCES = {"span": Source.SPANS, "relation": Source.LINKS, "text": Source.TEXT}
APPROVED = tuple(SOURCES.values())  # the sources whose pairs stand while somebody's approval does


@dataclass(frozen=True, slots=True)
class Draft:
    question: str
    answer: str
    language: str = ""

    @property
    def fits(self) -> bool:
        return all(1 <= len(text.strip()) <= LONGEST for text in (self.question, self.answer))


@dataclass(frozen=True, slots=True)
class Drafted:
    """What one field of one item gives."""

    item: Item
    field: str
    source: str
    drafts: Sequence[Draft]


def fields_of(project: Project) -> dict[str, Field]:
    """The fields whose approved answers become pairs."""
    version = project.schema_versions.order_by("-number").first()
    fields = parse_fields(version.fields) if version else []
    return {field.name: field for field in fields if field.type in SOURCES}


def drafts_of(fields: Mapping[str, Field], item: Item, values: Mapping[str, Any]) -> Iterator[Drafted]:
    """`values` are the approved answers. Where links say which answer belongs to which question, the order
    of the marks that they link says nothing more; a field left blank gives nothing."""
    linked = {name for field in values for name in fields[field].refers}
    for name, value in values.items():
        if name not in linked and value and all(one in values for one in fields[name].refers):
            found = _pairs(fields[name], item, value, values)
            drafts = [Draft(question, answer, item.language) for question, answer in found]
            yield Drafted(item, name, SOURCES[fields[name].type], drafts)


def _pairs(field: Field, item: Item, value: Any, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    payload = item.payload
    turns = payload.get("turns") or [{"speaker": "customer", "text": payload.get("text", "")}]
    if field.type == "span":
        return pairs_of(turns, value)
    if field.type == "relation":
        return linked_pairs(turns, field.resolve(value, values).links)
    asked = [turn["text"] for turn in turns if turn.get("speaker") == "customer"] or [turns[-1]["text"]]
    return [(asked[-1], str(value))]
