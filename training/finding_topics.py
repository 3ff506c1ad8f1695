"""The part of an analysis that reads all turns: topics with a map, common questions, labels turn by turn.

What is kept are numbers and places (analysis/rows.py); texts are read from the items when they are shown.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4
from zlib import crc32

import numpy as np
from django.conf import settings

from training.analysis import rows
from training.analysis.marks import READ, labels_of
from training.analysis.matching import Identity, identities
from training.analysis.naming import name_of, topic_words
from training.analysis.nearest import Floats, Ints
from training.analysis.rows import Labels, Turns
from training.analysis.topics import TopicMap, find_topics
from training.analysis_data import Source
from training.analysis_parts import PARTS, Options, Outcome
from training.common_questions import CommonQuestions, find_questions
from training.former_topics import FormerTopics, former_topics
from training.item_times import times_of
from training.models.analysis import folder_of

Tick = Callable[[float], None]
EXAMPLES = 5
_VECTORS, _QUESTIONS = 0.55, 0.75  # how far they bring it


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """N turns. texts: the distinct ones; text: (N,) which one each says; first: (X,) where it is first."""

    ids: list[str]
    turn: Ints
    at: Ints
    length: Ints
    speaker: list[str]
    language: list[str]
    texts: list[str]
    text: Ints
    first: Ints
    labels: Labels

    @property
    def counts(self) -> Ints:
        return np.bincount(self.text, minlength=len(self.texts)).astype(np.int64)


def run(source: Source, options: Options, tick: Tick) -> Outcome:
    said = read_all(source)
    every = source.vectors(lambda share: tick(_VECTORS * share))
    vectors = np.ascontiguousarray(every[said.first])
    asked = find_questions(source, said.texts, said.text, vectors, lambda share: tick(
        _VECTORS + (_QUESTIONS - _VECTORS) * share))  # fmt: skip
    tick(_QUESTIONS)
    key = PARTS["topics"].key(source.folder.name.removeprefix("data-"), options)
    former = former_topics(source.project, key, said.ids, said.turn, said.text, len(said.texts))
    keys = np.array([crc32(text.encode()) for text in said.texts], dtype=np.uint64)
    found = find_topics(
        vectors, keys, former=former.topics if former else None, afresh=bool(options.get("afresh"))
    )
    tick(0.95)
    _keep(folder_of(source.project.pk) / key, said, found, asked)
    return Outcome(_told(said, vectors, found, former) | asked.told(said.ids, said.turn))


def read_all(source: Source) -> Said:
    """One pass over the frozen copy."""
    ids: list[str] = []
    speaker: list[str] = []
    language: list[str] = []
    turn, length, text = [], [], []
    known: dict[str, int] = {}
    first: list[int] = []
    for one in source.turns():
        if one.text not in known:
            known[one.text] = len(known)
            first.append(len(ids))
        ids.append(str(one.of.item))
        turn.append(one.turn)
        length.append(len(one.text))
        speaker.append(one.speaker)
        language.append(one.of.language)
        text.append(known[one.text])
    at = times_of(source.project, ids)
    return Said(
        ids, _ints(turn), at, _ints(length), speaker, language, list(known), _ints(text), _ints(first),
        _labels(source),
    )  # fmt: skip


def _labels(source: Source) -> Labels:
    fields = {field.name for field in source.fields if field.type in READ}
    item, turn, name, label = [], [], [], []
    for number, one in enumerate(source.items()):
        for field in sorted(fields & one.values.keys()):  # a set's order is another in each process
            for place, word in labels_of(one.values[field]):
                item.append(number)
                turn.append(place)
                name.append(field)
                label.append(word)
    return Labels(_ints(item), _ints(turn), np.array(name, object), np.array(label, object))


def _keep(folder: Path, said: Said, found: TopicMap, asked: CommonQuestions) -> None:
    """Written beside and put in place whole: a killed worker leaves nothing that looks finished."""
    places = found.places[said.text]
    turns = Turns(
        id=np.array(said.ids, object), turn=said.turn, at=said.at, length=said.length,
        speaker=np.array(said.speaker, object), language=np.array(said.language, object),
        topic=found.topics[said.text], question=asked.question,
        x=places[:, 0], y=places[:, 1],
    )  # fmt: skip
    draft = folder.with_name(f".{uuid4().hex}-{folder.name}")  # process ids are the same in two containers
    draft.mkdir(parents=True)
    rows.write(draft, turns, said.labels, found.centres)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def _told(said: Said, vectors: Floats, found: TopicMap, former: FormerTopics | None) -> dict[str, Any]:
    words = topic_words(said.texts, found.topics, len(found.centres))
    last = former.last if former else 0
    known = identities(
        [name_of([word for word, _ in of]) for of in words], found.kept,
        former.identities if former else [], last=last,
    )  # fmt: skip
    sizes = np.bincount(found.topics[said.text] + 1, minlength=len(known) + 1)[1:]
    return {
        "encoder": settings.BASE_MODEL,
        "turns": len(said.ids),
        "texts": len(said.texts),
        "founded_on": found.founded_on,
        "last_number": max([last, *(one.number for one in known)]),
        "topics": [
            _topic(said, vectors, found, number, one, words[number]) | {"size": int(sizes[number])}
            for number, one in enumerate(known)
        ],
    }


def _topic(
    said: Said, vectors: Floats, found: TopicMap, number: int, known: Identity,
    words: list[tuple[str, float]],
) -> dict[str, Any]:  # fmt: skip
    own = np.flatnonzero(found.topics == number)
    typical = own[np.argsort(-(vectors[own] @ found.centres[number]), kind="stable")][:EXAMPLES]
    places = said.first[typical]
    return {
        "number": known.number, "colour": known.colour, "name": known.name, "texts": len(own),
        "words": [[word, round(weight, 4)] for word, weight in words],
        "examples": [[said.ids[place], int(said.turn[place])] for place in places],
    }  # fmt: skip


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)
