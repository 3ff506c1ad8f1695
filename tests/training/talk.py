"""Dialogues with approved emotions, questions and answers; of so few texts that nothing is compiled."""

from typing import Any

from annotations.models import Consensus
from tasks_app.models import Item, Project
from tests.factories import SPAN, make_items, make_project
from training import analysing
from training.models import Analysis, AnalysisResult
from training.services.analysis import ask_analysis

EMOTION = {
    "name": "emotion", "type": "choice", "title": "Emotion", "scope": "turn", "required": False,
    "labels": ["angry", "calm"],
}  # fmt: skip
ASKED = {
    "refund": "When do I get my money back?",
    "delivery": "Where is the parcel?",
    "other": "Are you open on Sundays?",
}
ANSWERED = {
    "refund": "The amount is on your account in three days.",
    "delivery": "The driver comes tomorrow.",
    "other": "Every day from nine to five.",
}
TURNS = [*ASKED.values(), *ANSWERED.values(), "thanks"]


def dialogue(kind: str) -> dict[str, Any]:
    said = [("customer", ASKED[kind]), ("agent", ANSWERED[kind]), ("customer", "thanks")]
    return {"turns": [{"speaker": speaker, "text": text} for speaker, text in said]}


SUBJECTS = ("my lost credit card", "the broken coffee machine", "a flight to Berlin")
SAID = (
    "I have trouble with {}", "tell me about {}", "this is about {}", "I called about {}", "help me with {}",
    "I wrote to you about {}", "look at {} please", "we spoke about {}", "it is still about {}",
    "nobody answers me about {}", "I wait for news of {}", "my message was about {}",
)  # fmt: skip


def make_various(project: Project) -> None:
    """36 single texts of three subjects: enough for topics, and for what they need to be compiled."""
    texts = [said.format(subject) for subject in SUBJECTS for said in SAID]
    make_items(project, len(texts), slots=0, payloads=[{"text": text} for text in texts], language="en")


def make_talked() -> Project:
    """Twelve dialogues, half of them about a refund; customers are angry first and calm then."""
    project = make_project(fields=[EMOTION, SPAN], funds=0)
    for number in range(12):
        kind = ["refund", "refund", "delivery", "other"][number % 4]
        [item] = make_items(project, slots=0, payloads=[dialogue(kind)], language="en")
        Item.objects.filter(pk=item.pk).update(meta={"time": f"2026-0{1 + number // 6}-15"})
        moods = ["angry", "calm"] if kind == "refund" else ["calm", "calm"]
        marks = [(0, "question", ASKED[kind]), (1, "answer", ANSWERED[kind])]
        values = {
            "emotion": [{"turn": turn, "label": mood} for turn, mood in zip((0, 2), moods, strict=True)],
            "qa": [
                {"turn": turn, "start": 0, "end": len(text), "label": label} for turn, label, text in marks
            ],
        }
        Consensus.objects.bulk_create(
            Consensus(project=project, item=item, field=name, value=value, confidence=1.0, state="approved")
            for name, value in values.items()
        )
    return project


def finish(project: Project, **asked: Any) -> AnalysisResult:
    wish = ask_analysis(project=project, actor=None, **asked)
    while analysing.execute(wish.pk):
        pass
    wish.refresh_from_db()
    assert wish.state == Analysis.State.DONE, wish.reason
    return analysing.results_of(wish)["topics"]
