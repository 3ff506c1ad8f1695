"""`python -m local.bench.analysed CHATS PARTS`: those dialogues as a project, analysed in this very process.

Prints for each part `{part}_seconds`, `{part}_cpu_seconds`, beside `total_seconds`, `peak_mb` and what was
found, as JSON; runs with the environment of an installation. Every third customer turn has an emotion.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import django

_EMOTION = {
    "name": "emotion", "type": "choice", "title": "Emotion", "scope": "turn", "required": False,
    "labels": [{"name": "angry"}, {"name": "calm"}],
}  # fmt: skip


def main(chats: Path, only: list[str]) -> None:
    django.setup()
    print(json.dumps(make(chats, only)))


def make(chats: Path, only: list[str]) -> dict[str, Any]:
    # Models can be loaded only after django.setup().
    from training.analysis_data import Source, data_hash, source_of  # noqa: PLC0415
    from training.analysis_parts import PARTS, full_options  # noqa: PLC0415

    project = _project(chats)
    began = time.perf_counter()
    source: Source = source_of(project, None, data_hash(project, None))
    figures: dict[str, Any] = {"copy_seconds": round(time.perf_counter() - began, 1)}
    turns = sum(1 for _turn in source.turns())
    texts = len({turn.text for turn in source.turns()})
    # Vectors are shared by all parts: whichever came first would seem slow.
    figures |= _timed("vectors", source.vectors)
    told: dict[str, Any] = {}
    options = full_options({})
    for name, part in PARTS.items():
        if not only or name in only:
            figures |= _timed(name, partial(_tell, told, part, source, options[name]))
    figures["total_seconds"] = round(time.perf_counter() - began, 1)
    figures |= {"turns": turns, "texts": texts, "load": round(os.getloadavg()[0], 1)}
    if "topics" in told:
        figures |= {"topics": len(told["topics"]["topics"]), "questions": len(told["topics"]["questions"])}
    figures["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    return figures


def _tell(told: dict[str, Any], part: Any, source: Any, options: Any) -> None:
    """Findings are taken one by one, and only then computed."""
    outcome = part.run(source, options, lambda _share: None)
    for _found in outcome.findings:
        pass
    told[part.name] = outcome.data


def _timed(name: str, work: Any) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        f"{name}_seconds": round(time.perf_counter() - wall, 1),
        f"{name}_cpu_seconds": round(time.process_time() - cpu, 1),
    }


def _project(chats: Path) -> Any:
    from django.db import connection  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from annotations.models import Consensus  # noqa: PLC0415
    from tasks_app.models import Item, Project, SchemaVersion  # noqa: PLC0415

    owner = User.objects.create(email="bench@example.org", display_name="Bench")
    project = Project.objects.create(owner=owner, title="Bench", languages=["en", "zh"])
    SchemaVersion.objects.create(project=project, number=1, fields=[_EMOTION])
    numbered = enumerate(_lines(chats))
    while chunk := list(islice(numbered, 2_000)):
        items = Item.objects.bulk_create(
            Item(
                project=project, position=number, payload={"turns": line["turns"]}, content_hash=f"{number}",
                language=line["language"], state=Item.State.CLOSED,
            )
            for number, line in chunk
        )  # fmt: skip
        Consensus.objects.bulk_create(
            Consensus(
                project=project, item=item, field="emotion", value=_emotions(number, item.payload["turns"]),
                confidence=1.0, state=Consensus.State.APPROVED,
            )
            for item, (number, _line) in zip(items, chunk, strict=True)
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return project


def _emotions(number: int, turns: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {"turn": turn, "label": "angry" if turn < 4 and number % 3 else "calm"}
        for turn in range(0, len(turns), 3)
    ]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [name for name in sys.argv[2].split(",") if name])
