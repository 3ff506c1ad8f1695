"""The cleaning part of an analysis: what of the collected texts deserves a second look."""

from collections import Counter
from collections.abc import Iterator

from tasks_app.fields.payload import turn_texts
from training.analysis_data import Source
from training.analysis_parts import Found, Options, Outcome, Tick


def run(source: Source, options: Options, tick: Tick) -> Outcome:
    found = list(_short(source, options, tick))
    return Outcome({"items": source.items_count, "kinds": dict(Counter(one.kind for one in found))}, found)


def _short(source: Source, options: Options, tick: Tick) -> Iterator[Found]:
    for number, item in enumerate(source.items()):
        tick(number / max(1, source.items_count))
        words = sum(len(text.split()) for text in turn_texts(item.payload))
        if words < options["short"]:
            yield Found("short", item.item, float(-words), evidence={"words": words})
