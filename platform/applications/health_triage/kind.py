"""Health triage as one of the applications."""

from pathlib import Path

from django.utils.translation import gettext as _

from accounts.models import User
from applications.health_triage import calibrating
from applications.health_triage.disclaimer import TEMPLATE
from applications.health_triage.figures import figures
from applications.health_triage.services.triage import triage_texts
from applications.kinds import Kind
from common.errors import Conflict
from tasks_app.models import Project

_FIRST = (
    "Since this morning I have a tight feeling in my chest when I climb the stairs. Do I have to come in?"
)


def prepare(project: Project) -> None:
    """Calibrate the versions that answer now; of versions that are calibrated already nothing changes."""
    if calibrating.current(project) is None and calibrating.calibrate_now(project) is None:
        raise Conflict(_("No model is in production yet. Train “condition” and “urgency” and promote them."))


def first_use(project: Project, user: User) -> str:
    [found] = triage_texts(project=project, texts=[_FIRST], actor=user)
    listed, verdict = ", ".join(found.verdict.conditions), found.verdict
    told = {"groups": listed or "–", "low": verdict.low, "high": verdict.high}
    if verdict.abstains:
        return _("A person has to look: %(groups)s, urgency %(low)d to %(high)d. No medical device.") % told
    return _("%(groups)s, urgency %(low)d to %(high)d. No medical device.") % told


KIND = Kind(
    template=TEMPLATE,
    page="health-triage",
    fields=("condition", "urgency"),
    optional=("evidence",),
    data=(Path(__file__).with_name("data") / "en.jsonl",),
    recipes={
        "condition": {"name": "few examples", "epochs": 4},
        "urgency": {
            "epochs": 8, "learning_rate": 4e-4, "layer_decay": 0.9, "average_share": 0.4, "final_rate": 0.15,
            "keep": "last", "patience": 0,
        },
        "evidence": {"epochs": 6, "learning_rate": 3e-4},
    },
    prepare=prepare,
    first_use=first_use,
    measure=figures,
)  # fmt: skip
