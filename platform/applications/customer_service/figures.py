"""How well customer service does on frozen test items, beside what needs no model."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from applications.asking import in_production
from applications.customer_service.lexical import bm25, fuse, language_of, words_of
from applications.customer_service.qa_spans import pairs_of
from applications.embedding import embed
from applications.kinds import Figure
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Project
from training import freezing, serving
from training.engine.data import Row
from training.engine.evaluation.resampling import wilson
from training.models import ModelVersion

TOP = 5
Mark = tuple[int, int, int, str]


def figures(project: Project) -> list[Figure]:
    return [
        *_of_labels(project, "intent", _("Intent, macro F1"), lambda value: {"": str(value)}),
        *_of_labels(project, "emotion", _("Emotion of a turn, macro F1"), _by_turn),
        *_of_spans(project),
    ]


def rows_of(version: ModelVersion, split: str) -> list[Row]:
    fields = {field.name: field for field in parse_fields(version.snapshot.fields)}
    return list(freezing.rows_of(version.snapshot, fields[version.model.field], split))


def _by_turn(value: Any) -> dict[str, str]:
    return {str(one["turn"]): str(one["label"]) for one in value or []}


def _of_labels(
    project: Project, field: str, name: str, labels: Callable[[Any], dict[str, str]]
) -> Iterator[Figure]:
    version = in_production(project, field)
    if version is None or not (rows := rows_of(version, "test")):
        return
    said = serving.answers_in_background(version, [row.payload for row in rows])
    truth, found = [], []
    for row, answer in zip(rows, said, strict=True):
        told = labels(answer.value)
        for place, label in labels(row.value).items():
            truth.append(label)
            found.append(told.get(place, ""))
    learned = Counter(label for row in rows_of(version, "train") for label in labels(row.value).values())
    usual = [learned.most_common(1)[0][0]] * len(truth)
    yield Figure(
        field, name, macro_f1(truth, found), macro_f1(truth, usual), _("always the most frequent"), len(truth)
    )


def macro_f1(truth: Sequence[str], found: Sequence[str]) -> float:
    """Over the labels that occur in the truth."""
    scores = []
    for label in sorted(set(truth)):
        hits = sum(a == b == label for a, b in zip(truth, found, strict=True))
        scores.append(2 * hits / (list(truth).count(label) + list(found).count(label)))
    return sum(scores) / len(scores) if scores else 0.0


def _of_spans(project: Project) -> Iterator[Figure]:
    version = in_production(project, "qa")
    if version is None or not (rows := rows_of(version, "test")):
        return
    said = serving.answers_in_background(version, [row.payload for row in rows])
    truth = [_marks(row.value) for row in rows]
    yield Figure(
        "qa", _("Questions and answers, exact F1"), span_f1(truth, [_marks(one.value) for one in said]),
        span_f1(truth, [rule_marks(row.payload["turns"]) for row in rows]),
        _("sentences with a question mark, and the next turn of the agent"), len(rows),
    )  # fmt: skip
    yield from _of_retrieval(rows)


def _of_retrieval(rows: Sequence[Row]) -> Iterator[Figure]:
    """A question of a test dialogue finds its own answer among those of all of its language."""
    for language, title in (("en", _("English")), ("zh", _("Chinese"))):
        pairs = list({pair for row in rows for pair in pairs_of(row.payload["turns"], row.value)})
        pairs = sorted(pair for pair in pairs if language_of(pair[0]) == language)
        if len(pairs) <= TOP:
            continue
        by_meaning, by_words, fused = recall(pairs)
        for key, name, hits in (
            ("retrieval", _("the right answer among the first five, fused"), fused),
            ("retrieval_meaning", _("the right answer among the first five, by meaning alone"), by_meaning),
        ):
            low, high = wilson(sum(hits), len(hits))
            yield Figure(
                f"{key}_{language}", f"{title}: {name}", float(np.mean(hits)), float(np.mean(by_words)),
                "BM25", len(hits), low, high,
            )  # fmt: skip


def recall(pairs: Sequence[tuple[str, str]]) -> tuple[list[bool], list[bool], list[bool]]:
    """For each question whether its own answer is among the first five: by meaning, by words, fused."""
    questions, answers = embed([q for q, _a in pairs]), embed([a for _q, a in pairs])
    documents = [words_of(answer) for _question, answer in pairs]
    counts = Counter(word for words in documents for word in set(words))
    likeness = questions @ answers.T
    by_meaning, by_words, fused = list[bool](), list[bool](), list[bool]()
    for number, (question, _answer) in enumerate(pairs):
        near = [int(one) for one in np.argsort(-likeness[number], kind="stable")]
        scores = np.array(bm25(words_of(question), documents, counts=counts, total=len(documents)))
        worded = [int(one) for one in np.argsort(-scores, kind="stable") if scores[one] > 0]
        by_meaning.append(number in near[:TOP])
        by_words.append(number in worded[:TOP])
        fused.append(number in fuse(near[:50], worded[:50])[:TOP])
    return by_meaning, by_words, fused


def rule_marks(turns: Sequence[Any]) -> set[Mark]:
    """Without a model: what ends in a question mark is asked, and the agent's next turn answers it."""
    found: set[Mark] = set()
    waiting = False
    for number, turn in enumerate(turns):
        text = str(turn["text"])
        if turn.get("speaker") == "customer":
            start = 0
            for place, char in enumerate(text):
                if char in "?？":
                    begin = start + len(text[start : place + 1]) - len(text[start : place + 1].lstrip())
                    found.add((number, begin, place + 1, "question"))
                    waiting = True
                if char in ".!?。！？":
                    start = place + 1
        elif waiting:
            found.add((number, 0, len(text), "answer"))
            waiting = False
    return found


def span_f1(truth: Sequence[set[Mark]], found: Sequence[set[Mark]]) -> float:
    """Micro F1 over spans that agree in turn, both ends and label."""
    hits = sum(len(a & b) for a, b in zip(truth, found, strict=True))
    named = sum(map(len, truth)) + sum(map(len, found))
    return 2 * hits / named if named else 0.0


def _marks(value: Any) -> set[Mark]:
    return {(one["turn"], one["start"], one["end"], str(one["label"])) for one in value or []}
