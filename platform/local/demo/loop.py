"""The demo loop: every step of the product in order, through the public REST API, each with a time limit."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.demo import learning, leftover, publishing, working
from local.demo.client import connect
from local.demo.dialogues import UnreadableDialogues, read_sample
from local.demo.http import ApiRefused
from local.demo.people import DemoPeople
from local.demo.report import DemoReport, Step
from local.demo.stage import Deadline, Stage, StepFailed

Action = Callable[[Stage, Deadline], str]


@dataclass(frozen=True)
class Planned:
    """A step: its name, the seconds it may take, and what it does; the action returns a line about that."""

    name: str
    limit: float
    action: Action


def _read(stage: Stage, deadline: Deadline) -> str:
    stage.sample = read_sample(stage.path, quick=stage.quick)
    stage.report.source = stage.sample.source
    stage.report.truth_made_by_rules = stage.sample.rule_made
    return f"{len(stage.sample.dialogues)} dialogues"


STEPS = (
    Planned("read dialogues", 60, _read),
    Planned("sign in", 120, publishing.sign_in_all),
    Planned("create project", 30, publishing.create_project),
    Planned("fund", 30, publishing.fund),
    Planned("import and anonymise", 300, publishing.import_dialogues),
    Planned("publish", 30, publishing.publish),
    Planned("crowd works", 600, working.work),
    Planned("consensus", 240, working.settle),
    Planned("review", 300, working.review),
    Planned("snapshot", 120, learning.take_snapshot),
    Planned("train", 900, learning.train),
    Planned("evaluate", 60, learning.evaluate),
    Planned("promote", 60, learning.promote),
    Planned("predict and feed back", 120, learning.predict),
)

LAST = Planned("leave something to do", 120, leftover.leave_work)


def play(
    *,
    base_url: str,
    people: DemoPeople,
    quick: bool = False,
    dialogues: Path | None = None,
    leave_work: bool = False,
    on_step: Callable[[Step], None] = lambda step: None,
    transport: httpx.BaseTransport | None = None,
) -> DemoReport:
    """Play the loop against a running server; never raises for what the server or a file does wrong.

    `leave_work` publishes a second project at the end, so that there is something to label on the pages.
    `on_step` hears of each step as it begins and as it ends. After a failed step the loop stops: the report
    is then not ok, and its last step says what failed and why.
    """
    report = DemoReport(sign_ins=people.roles())
    with connect(base_url, transport) as http:
        stage = Stage(http=http, people=people, quick=quick, path=dialogues, report=report)
        for planned in (*STEPS, LAST) if leave_work else STEPS:
            on_step(Step(planned.name, "running"))
            step = _run(planned, stage)
            report.steps.append(step)
            on_step(step)
            if step.state == "failed":
                break
    return report


def _run(planned: Planned, stage: Stage) -> Step:
    began = time.monotonic()
    try:
        detail = planned.action(stage, Deadline(planned.limit))
        state = "done"
    except (StepFailed, ApiRefused, UnreadableDialogues) as error:
        state, detail = "failed", str(error)
    except (KeyError, TypeError, ValueError, LookupError) as error:
        # the answer's shape, not its content: name it, since a traceback would say nothing to a newcomer
        state, detail = "failed", f"an unexpected answer of the server ({type(error).__name__}: {error})"
    return Step(planned.name, "done" if state == "done" else "failed", time.monotonic() - began, detail)
