"""The first model of whoever has just opened the training page: one field, few texts, one click.

It is the finance monitor's own set-up with less of everything, so that it ends while one looks on.
"""

from dataclasses import replace

from django.utils.translation import gettext as _

from accounts.models import User
from applications import asking
from applications.finance_monitor.kind import KIND, RECIPE
from applications.finance_monitor.reading import SENTIMENT
from applications.kinds import Figure
from tasks_app.models import Project

NAME = "first-model"
TEXTS = 240  # of 594; three labels, and a test item for each few that it learns from
ASKED = "The company lost a third of its value after a warning about its profit."


def first_use(project: Project, actor: User) -> str:
    """Ask it about a text that is nowhere in the data."""
    said = asking.ask(project=project, field=SENTIMENT, items=[{"text": ASKED}], actor=actor)
    return _("“%(text)s” sounds %(label)s.") % {"text": ASKED, "label": said.predictions[0].value}


def measure(project: Project) -> list[Figure]:
    """Its report says how well it does; there is nothing else that it is good for."""
    return []


FIRST_MODEL = replace(
    KIND,
    name=NAME,
    most=TEXTS,
    fields=(SENTIMENT,),
    recipes={SENTIMENT: {**RECIPE, "epochs": 6}},
    first_use=first_use,
    measure=measure,
)
