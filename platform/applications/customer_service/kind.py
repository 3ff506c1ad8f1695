"""Customer service as one of the applications."""

from pathlib import Path

from django.utils.translation import gettext as _

from accounts.models import User
from applications.customer_service import calibrating
from applications.customer_service.access import TEMPLATE
from applications.customer_service.figures import figures
from applications.customer_service.services.chat import ask_service
from applications.customer_service.services.indexing import embed_waiting
from applications.customer_service.services.joining import join_approved
from applications.kinds import Kind
from tasks_app.models import Project

_DATA = Path(__file__).with_name("data")
_FIRST = "Where is my parcel right now?"


def prepare(project: Project) -> None:
    """Pairs out of what is approved, their vectors, and the threshold."""
    join_approved(project)
    embed_waiting(project)
    calibrating.calibrate(project)


def first_use(project: Project, user: User) -> str:
    found = ask_service(project=project, text=_FIRST, actor=user)
    if not found.known:
        return _("Nobody has approved an answer to that yet.")
    return found.exchange.answer


KIND = Kind(
    template=TEMPLATE,
    page="customer-service",
    fields=("intent",),
    optional=("emotion", "qa"),
    data=(_DATA / "en.jsonl", _DATA / "zh.jsonl"),
    recipes={"intent": {"epochs": 4}, "emotion": {"epochs": 2}, "qa": {"epochs": 2}},
    prepare=prepare,
    first_use=first_use,
    measure=figures,
)
