"""How well the models of a monitor do on frozen test items, English and Chinese apart."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from applications.asking import in_production
from applications.finance_monitor.reading import SENTIMENT, TOPIC
from applications.finance_monitor.scoring import Judged, Labels, Score, accuracy, interval, macro_f1, majority
from applications.finance_monitor.wordlists import sentiment_by_lexicon, topics_by_keyword
from applications.kinds import Figure
from common.errors import Conflict
from tasks_app.models import Item, Project
from training import serving
from training.engine.data import Row, read_arrow
from training.models import ModelVersion

_CHINESE = re.compile(r"[\u3400-\u9fff]")
LEAST = 10  # items of a language, below which it gets no figure
AT_ONCE = 64


def measure(project: Project) -> list[Figure]:
    """Topic and sentiment against keywords, a lexicon, and the most frequent label."""
    versions = {field: in_production(project, field) for field in (TOPIC, SENTIMENT)}
    if None in versions.values():
        raise Conflict(_("Topic and sentiment need a model in production first."), code="no_version")
    found: list[Figure] = []
    for field, version in versions.items():
        if version is not None:
            found += _of_field(field, version)
    return found


def _of_field(field: str, version: ModelVersion) -> Iterator[Figure]:
    rows = list(read_arrow(version.snapshot.folder / field / "test.arrow"))
    usual = _most_frequent(version, field)
    for language, here in _by_language(rows).items():
        if len(here) >= LEAST:
            yield from _of_language(field, version, language, here, usual)


def _of_language(
    field: str, version: ModelVersion, language: str, rows: Sequence[Row], usual: Labels
) -> Iterator[Figure]:
    said = _answers(version, [row.payload for row in rows])
    groups = dict(Item.objects.filter(pk__in=[row.id for row in rows]).values_list("pk", "group"))
    by_id = {str(pk): group for pk, group in groups.items()}
    judged = [
        Judged(by_id.get(row.id) or row.id, _labels(row.value), answer)
        for row, answer in zip(rows, said, strict=True)
    ]
    plain = [
        Judged(one.group, one.truth, _plain(field, row.payload))
        for one, row in zip(judged, rows, strict=True)
    ]
    rest = majority(judged, usual)
    name = _("English") if language == "en" else _("Chinese")
    keywords, most = _("keywords") if field == TOPIC else _("word list"), _("always the most frequent label")
    title = _("Topic") if field == TOPIC else _("Sentiment")
    f1 = _("%(field)s, macro F1, %(language)s") % {"field": title, "language": name}
    yield _figure(f"{field}_f1_{language}", f1, macro_f1, judged, plain, keywords)
    if field == SENTIMENT:
        label = _("%(field)s, accuracy, %(language)s") % {"field": title, "language": name}
        yield _figure(f"{field}_accuracy_{language}", label, accuracy, judged, plain, keywords)
    yield _figure(f"{field}_majority_{language}", f1, macro_f1, judged, rest, most)


def _figure(
    key: str,
    name: str,
    score: Score,
    judged: Sequence[Judged],
    baseline: Sequence[Judged],
    baseline_name: str,
) -> Figure:
    low, high = interval(judged, score)
    return Figure(
        key, name, score(judged), score(baseline), baseline_name, count=len(judged), low=low, high=high
    )


def _answers(version: ModelVersion, payloads: Sequence[Mapping[str, Any]]) -> list[Labels]:
    """Without keeping them as predictions: nobody asked."""
    found: list[Labels] = []
    for place in range(0, len(payloads), AT_ONCE):
        answers = serving.answers_of(version, payloads[place : place + AT_ONCE]).answers
        found += [_labels(answer.value) for answer in answers]
    return found


def _labels(value: Any) -> Labels:
    return frozenset([value] if isinstance(value, str) else value or ())


def _plain(field: str, payload: Mapping[str, Any]) -> Labels:
    text = str(payload["text"])
    return frozenset(topics_by_keyword(text) if field == TOPIC else [sentiment_by_lexicon(text)])


def _most_frequent(version: ModelVersion, field: str) -> Labels:
    """Of the training items."""
    rows = read_arrow(version.snapshot.folder / field / "train.arrow")
    counts = Counter(_labels(row.value) for row in rows)
    return counts.most_common(1)[0][0] if counts else frozenset()


def _by_language(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {"en": [], "zh": []}
    for row in rows:
        found["zh" if _CHINESE.search(str(row.payload.get("text", ""))) else "en"].append(row)
    return found
