"""A project whose encoder is a table of words, so that what is alike is known beforehand."""

from collections.abc import Sequence

import numpy as np
import pytest

from accounts.models import Role, User
from accounts.roles import grant
from applications.customer_service import calibrating
from applications.customer_service.drafting import Draft
from applications.customer_service.lexical import words_of
from applications.customer_service.services import chat, indexing
from applications.customer_service.services.indexing import embed_waiting
from applications.customer_service.services.pairs import add_pairs
from tasks_app.models import Project
from tests.factories import CHOICE, SPAN, TEXT, make_project, make_user

WIDTH = 32
QA = {**SPAN, "name": "qa", "labels": ["question", "answer"]}
WORDS = ["parcel", "refund", "open", "colour", "warranty", "hours"]


def embed(texts: Sequence[str]) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    """Texts are alike as far as they share the words of this file; all others are one direction."""
    vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in words_of(text):
            vectors[row, WORDS.index(word) if word in WORDS else WIDTH - 1] += 1 if word in WORDS else 0.01
        vectors[row] /= max(float(np.linalg.norm(vectors[row])), 1e-9)
    return vectors


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (chat, indexing):
        monkeypatch.setattr(place, "embed", embed)


@pytest.fixture
def owner(db: None) -> User:
    user = make_user("requester")
    grant(user, Role.REQUESTER)
    return user


@pytest.fixture
def project(owner: User, encoder: None) -> Project:
    fields = [QA, {**CHOICE, "required": False}, TEXT]
    return make_project(owner=owner, fields=fields, funds=0, template="customer-service")


@pytest.fixture
def stocked(project: Project) -> Project:
    drafts = [
        Draft("where is my parcel", "It is on the van."),
        Draft("when do i get my refund", "Within five days."),
        Draft("what are your hours", "From nine to five."),
    ]
    add_pairs(project=project, drafts=drafts, source="hand", actor=project.owner)
    embed_waiting(project)
    calibrating.calibrate(project)
    return project
