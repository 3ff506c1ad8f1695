"""The requester's steps: from accounts to a published project full of anonymised dialogues."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.demo.align import missed_data
from local.demo.client import sign_in
from local.demo.crowd import crowd
from local.demo.stage import Deadline, Seat, Stage, StepFailed
from tasks_app.fields.schema import parse_fields
from tasks_app.gallery.catalogue import template

TEMPLATE = "customer-service"
THREADS = 6


def sign_in_all(stage: Stage, deadline: Deadline) -> str:
    people = stage.people
    stage.admin, stage.requester, stage.reviewer = (
        sign_in(stage.http, who) for who in (people.admin, people.requester, people.reviewer)
    )
    with ThreadPoolExecutor(THREADS) as pool:
        apis = list(pool.map(lambda who: sign_in(stage.http, who), people.annotators))
    stage.seats = [Seat(person, api) for person, api in zip(crowd(), apis, strict=False)]
    return f"{3 + len(apis)} people"


def create_project(stage: Stage, deadline: Deadline) -> str:
    chosen = template(TEMPLATE)
    raw = _with_intents(chosen.fields, stage.sample.intents) if stage.sample.rule_made else chosen.fields
    stage.fields = parse_fields(raw)
    stage.reward_minor, stage.overlap_max = int(chosen.reward["amount_minor"]), int(chosen.overlap["max"])
    stage.report.currency, stage.recipe = str(chosen.reward["currency"]), chosen.recipe
    settings: dict[str, Any] = {"fields": raw} if stage.sample.rule_made else {}
    stage.project = stage.requester.create_project(
        template=TEMPLATE,
        # Models are named after the project: "customer-service-qa" for the shipped dialogues.
        title=f"{chosen.title}: {stage.path.stem}" if stage.path else chosen.title,
        reward=chosen.reward,
        overlap=chosen.overlap,
        **terms(stage),
        **settings,
    )
    return f"from the template “{TEMPLATE}”"


def terms(stage: Stage) -> dict[str, str]:
    """What the dialogues may be used for: the shipped ones are ours; a file is its owner's own."""
    if stage.path is None:
        return {
            "data_source": "written for this demo",
            "data_licence": "CC0-1.0",
            "data_basis": "not_personal",
        }
    return {
        "data_source": stage.path.name,
        "data_licence": "for our own use",
        "data_basis": "legitimate_interest",
    }


def _with_intents(fields: list[dict[str, Any]], intents: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{**one, "labels": list(intents)} if one["name"] == "intent" else one for one in fields]


def fund(stage: Stage, deadline: Deadline) -> str:
    amount = len(stage.sample.dialogues) * stage.overlap_max * stage.reward_minor * 2
    stage.requester.fund(stage.project, amount)
    return f"{amount / 100:.2f} {stage.report.currency} into escrow"


def import_dialogues(stage: Stage, deadline: Deadline) -> str:
    """Upload, wait for the job, and see what of the planted personal data is still there."""
    lines = "".join(f"{dialogue.line()}\n" for dialogue in stage.sample.dialogues)
    job = stage.requester.import_items(stage.project, lines.encode())
    state = stage.requester.import_job(job)

    def finished() -> bool:
        nonlocal state
        state = stage.requester.import_job(job)
        return state.finished

    deadline.poll(finished, "the import")
    if state.state != "succeeded" or not state.imported:
        problems = "; ".join(f"line {one.get('line')}: {one.get('detail')}" for one in state.errors[:3])
        raise StepFailed(f"the import ended as “{state.state}” with {state.imported} items. {problems}")
    dialogues = stage.sample.by_id()
    for item in stage.requester.items(stage.project):
        stage.dialogue_of[item.id] = dialogues[item.external_id]
        stage.see(item.id, item.turns)
    stage.report.items, stage.report.findings = state.imported, state.findings
    _check_planted(stage)
    return f"{state.imported} dialogues, {state.findings} findings replaced"


def _check_planted(stage: Stage) -> None:
    for item, dialogue in stage.dialogue_of.items():
        shown = [turn["text"] for turn in stage.shown[item]]
        stage.report.planted += len(dialogue.pii)
        stage.report.planted_missed += len(missed_data(dialogue.pii, dialogue.texts, shown))


def publish(stage: Stage, deadline: Deadline) -> str:
    stage.requester.publish(stage.project)
    return "open to the crowd"
