"""After the demo everything is done; this leaves something to do, half of it English, half Chinese."""

from pathlib import Path

from local.demo import publishing, working
from local.demo.dialogues import Dialogue, Sample, read_sample
from local.demo.stage import Deadline, Stage
from tasks_app.fields.schema import parse_fields
from tasks_app.gallery.catalogue import template

CHINESE = Path(__file__).parent / "data" / "customer_service_zh.jsonl"
EACH = 30
# Enough for a few settled dialogues and a filled review queue, and most are left to whoever tries it.
SHIFTS = 2
WORKERS = 6


def leave_work(stage: Stage, deadline: Deadline) -> str:
    """Publish a project that people can try themselves, with some answers in it already."""
    chosen = template(publishing.TEMPLATE)
    later = Stage(http=stage.http, people=stage.people, quick=True, path=None, report=type(stage.report)())
    later.admin, later.requester, later.reviewer = stage.admin, stage.requester, stage.reviewer
    later.seats = stage.seats[-WORKERS:]
    later.sample = _sample()
    later.fields = parse_fields(chosen.fields)
    later.reward_minor, later.overlap_max = int(chosen.reward["amount_minor"]), int(chosen.overlap["max"])
    later.project = later.requester.create_project(
        template=publishing.TEMPLATE,
        title=f"{chosen.title}: try it yourself",
        sample_check_share=0.5,
        **publishing.terms(later),
    )
    publishing.fund(later, deadline)
    publishing.import_dialogues(later, deadline)
    publishing.publish(later, deadline)
    for _shift in range(SHIFTS):
        for seat in later.seats:
            working.shift(later, seat)
    return f"{2 * EACH} more dialogues are published, for you to label"


def _sample() -> Sample:
    english, chinese = read_sample(None, quick=False), read_sample(CHINESE, quick=False)
    mixed: list[Dialogue] = []
    for pair in zip(english.dialogues[-EACH:], chinese.dialogues[:EACH], strict=True):
        mixed += pair
    return Sample(tuple(mixed), False, english.intents, "the shipped dialogues")
