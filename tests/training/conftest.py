"""A project whose items are approved, and an encoder so small that a run takes seconds."""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role, User
from accounts.roles import grant
from annotations.models import Consensus
from tasks_app.models import Item, Project
from tests.factories import CHOICE, make_items, make_project, make_user
from training.models import ModelVersion, Run
from training.registration import register
from training.services.snapshots import freeze_snapshot

WORDS = {
    "refund": "please give my money back for the broken lamp",
    "delivery": "where is the parcel that you sent last week",
    "other": "what are your opening hours on a sunday",
}
# Seconds, not minutes: few steps, and nothing that depends on how many cores there are.
QUICK = {"epochs": 2, "batch_examples": 8, "max_length": 32, "stride": 8, "threads": 1, "log_every": 1}


def text_of(label: str, number: int) -> str:
    return f"{WORDS[label]} number {number}"


def approve(project: Project, number: int, *, pins: Callable[[int], str] = lambda n: "") -> list[Item]:
    """Items with an approved `intent`, the labels in turn."""
    labels = list(WORDS)
    items = []
    for index in range(number):
        label = labels[index % len(labels)]
        [item] = make_items(project, slots=0, payloads=[{"text": text_of(label, index)}], split=pins(index))
        items.append(item)
    Consensus.objects.bulk_create(
        Consensus(
            project=project,
            item=item,
            field="intent",
            value=labels[index % len(labels)],
            confidence=0.95,
            state=Consensus.State.APPROVED,
        )
        for index, item in enumerate(items)
    )
    return items


def approve_values(project: Project, items: list[Item], value: str) -> None:
    """Items that are there already, all with one approved `intent`."""
    Consensus.objects.bulk_create(
        Consensus(
            project=project,
            item=item,
            field="intent",
            value=value,
            confidence=0.95,
            state=Consensus.State.APPROVED,
        )
        for item in items
    )


@pytest.fixture(autouse=True)
def artifacts(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTIFACTS_DIR = tmp_path / "artifacts"
    return settings.ARTIFACTS_DIR


@pytest.fixture
def admin(db: None) -> User:
    user = make_user("admin")
    grant(user, Role.ADMIN)
    return user


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody with an account, who may annotate and nothing else."""
    return make_user("stranger")


@pytest.fixture
def project(db: None) -> Project:
    return make_project(title="Customer service", fields=[CHOICE], funds=0)


@pytest.fixture
def approved(project: Project) -> Project:
    approve(project, 60)
    return project


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A BERT with random weights, 2 layers of 32, that knows the words of this file."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-bert")
    words = sorted({word for text in WORDS.values() for word in text.split()})
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *words,
        "number",
        *"0123456789",
        *(f"##{n}" for n in range(10)),
    ]
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=True).save_pretrained(folder)
    yield folder


@pytest.fixture
def quick_recipe(tiny_encoder: Path) -> dict[str, Any]:
    return {**QUICK, "base_model": str(tiny_encoder)}


@pytest.fixture(scope="session")
def trained(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder in which the tiny encoder has learned `intent`."""
    from training.engine.data import Row, write_arrow
    from training.engine.fit import fit

    folder = tmp_path_factory.mktemp("trained")
    field = {**CHOICE, "labels": list(WORDS)}
    config = {**QUICK, "head": "choice", "field": field, "base_model": str(tiny_encoder), "epochs": 12}
    (folder / "config.json").write_text(json.dumps({**config, "learning_rate": 3e-3}), encoding="utf-8")
    for split, size in (("train", 48), ("dev", 9), ("test", 12)):
        labels = [list(WORDS)[n % 3] for n in range(size)]
        rows = [
            Row(id=f"{split}-{n}", payload={"text": text_of(label, n)}, value=label)
            for n, label in enumerate(labels)
        ]
        write_arrow(folder / f"{split}.arrow", rows)
    assert fit(folder) == 0
    return folder


@pytest.fixture
def make_version(approved: Project, trained: Path, artifacts: Path) -> Callable[..., ModelVersion]:
    """Versions of one model, all with the same weights; `test` overrides the figure that they reached."""
    frozen: list[Any] = []

    def make(*, test: float | None = None, stage: str = "candidate") -> ModelVersion:
        if not frozen:
            frozen.append(freeze_snapshot(project=approved, actor=None)[0])
        run = Run.objects.create(
            project=approved, number=approved.runs.count() + 1, field="intent", snapshot=frozen[0],
            state="running", claim=uuid.uuid4(), queued_at=timezone.now(), started_at=timezone.now(),
            attempt=1, device="CPU, 1 threads",
        )  # fmt: skip
        shutil.copytree(trained, run.folder)
        if test is not None:
            report = json.loads((run.folder / "report.json").read_text())
            report["test"]["accuracy"] = test
            (run.folder / "report.json").write_text(json.dumps(report))
            set_right(run.folder / "outcomes.arrow", test)
        run.points.create(kind="step", step=1, values={"loss": 1.0, "tokens_per_second": 900.0, "epoch": 0})
        run.points.create(kind="eval", step=1, values={"metric": "accuracy", "value": 0.5})
        version = register(run, run.claim)
        assert version is not None
        if stage != version.stage:
            ModelVersion.objects.filter(pk=version.pk).update(stage=stage, promoted_at=timezone.now())
            version.refresh_from_db()
        return version

    return make


@pytest.fixture
def judged(approved: Project, trained: Path, artifacts: Path) -> Run:
    """A run whose outcomes are about real items; two of the test items were approved with a wrong label."""
    from training.engine.artifact import load
    from training.engine.data import read_arrow
    from training.engine.evaluation.outcomes import FILE, write_outcomes

    Item.objects.filter(project=approved).update(language="en")
    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    in_test = snapshot.items.filter(split="test").order_by("item").values_list("item", flat=True)
    for item_id in in_test[:2]:
        row = Consensus.objects.get(item=item_id)
        row.value = next(label for label in WORDS if label != row.value)
        row.save()
    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    run = Run.objects.create(
        project=approved, number=1, field="intent", snapshot=snapshot, state="running", claim=uuid.uuid4(),
        queued_at=timezone.now(), started_at=timezone.now(), attempt=1, device="CPU, 1 threads",
    )  # fmt: skip
    shutil.copytree(trained, run.folder)
    (run.folder / "test.arrow").unlink()
    shutil.copy(snapshot.folder / "intent/test.arrow", run.folder / "test.arrow")
    report, outcomes = load(run.folder / "model").judge(list(read_arrow(run.folder / "test.arrow")))
    write_outcomes(run.folder / FILE, outcomes)
    whole = json.loads((run.folder / "report.json").read_text())
    (run.folder / "report.json").write_text(json.dumps({**whole, "test": {**report, "loss": 0.1}}))
    run.points.create(kind="eval", step=1, values={"metric": "accuracy", "value": 0.5})
    assert register(run, run.claim) is not None
    run.refresh_from_db()
    return run


def set_right(path: Path, share: float) -> None:
    """Have the first `share` of the test items come out right, and the others wrong."""
    from training.engine.evaluation.outcomes import read_outcomes, write_outcomes

    found = sorted(read_outcomes(path), key=lambda outcome: outcome.id)
    good = round(share * len(found))
    wrong = {"refund": "other", "delivery": "refund", "other": "delivery"}
    changed = []
    for place, one in enumerate(found):
        right = place < good
        said = one.truth if right else tuple(wrong[label] for label in one.truth)
        hits = one.truth if right else ()
        changed.append(replace(one, right=float(right), predicted=said, hits=hits))
    write_outcomes(path, changed)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
