"""What a requester sees of agreement, in a real browser."""

from random import Random
from typing import Any

import pytest

from tests.annotations.test_agreement_measures import CHOICE, SCALE, SPAN, crowd_on
from tests.factories import make_project
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser


def say(random: Random, n: int, who: int) -> dict[str, Any]:
    labels = ["refund", "delivery", "other"]
    end = 18 if random.random() < 0.5 else 19
    return {
        "intent": labels[n % 3] if random.random() < 0.85 else random.choice(labels),
        "qa": [{"turn": 0, "start": 0, "end": end, "label": "question"}],
        "mood": min(5, max(1, n % 5 + 1 + random.choice((-1, 0, 0, 1)))),
    }


def test_the_requester_reads_agreement_on_any_screen(visit: Visits) -> None:
    project = make_project(fields=[CHOICE, SPAN, SCALE], overlap_max=3)
    crowd_on(project, 60, say, payloads=[{"text": "Where is my parcel? It is on its way."}] * 60)
    for width, scheme in ((1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")):
        page = visit(
            f"/projects/{project.pk}/quality/",
            project.owner,
            width=width,
            color_scheme=scheme,
        )
        page.locator("#field-intent .js-plotly-plot").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_text("Annotator to annotator").first.click()
    assert page.get_by_text("Items in common").first.is_visible()
