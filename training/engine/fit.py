"""One training run in a folder, from config.json to model/ and report.json."""

import fcntl
import json
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from training.engine import artifact, device
from training.engine.atomic import write_file
from training.engine.batching import Example, Floats
from training.engine.build import (
    Network,
    balanced_weights,
    build_network,
    load_encoder,
    load_tokenizer,
    resolve_base,
    restore_embeddings,
    shrink_embeddings,
    usable_length,
)  # fmt: skip
from training.engine.checkpoint import CheckpointStore, Progress
from training.engine.config import ENGINE_VERSION, FitConfig
from training.engine.data import Row, fingerprint, read_arrow
from training.engine.errors import Busy, Cancelled, EngineError
from training.engine.events import Journal
from training.engine.heads.base import Head, Settings
from training.engine.heads.registry import has_blanks, make_head
from training.engine.infer import logits_of
from training.engine.loop import DevScore, Loop
from training.engine.loss import Loss
from training.engine.probe import fit_output
from training.engine.stop import StopSignal
from training.engine.tokens import TextEncoder

SUCCEEDED, FAILED, CANCELLED, BUSY = 0, 1, 3, 4  # exit codes
SPLITS = ("train", "dev", "test")


def fit(run_dir: Path, *, verbose: bool = False) -> int:
    """Train in RUN_DIR and return the exit code: 0 done, 1 failed, 3 cancelled, 4 another process is at it.

    Started again after a kill or a cancel it goes on from the last checkpoint; after success it does nothing.
    """
    if not run_dir.is_dir():
        print(f"The run folder {run_dir} does not exist.", file=sys.stderr)  # noqa: T201
        return FAILED
    try:
        with _sole_owner(run_dir):
            journal = Journal(run_dir / "metrics.jsonl", verbose=verbose)
            try:
                return _fit_and_say(run_dir, journal)
            finally:
                journal.close()
    except Busy:
        print(f"Another process is training in {run_dir}.", file=sys.stderr)  # noqa: T201
        return BUSY


def _fit_and_say(run_dir: Path, journal: Journal) -> int:
    stop = StopSignal(run_dir)
    stop.listen()
    try:
        journal.write("state", state="starting", engine=ENGINE_VERSION)
        _Run(run_dir, journal, stop).go()
    except Cancelled:
        journal.write(
            "state", state="cancelled", reason="Asked to stop; start again to go on from the checkpoint."
        )
        return CANCELLED
    except EngineError as error:
        return _fail(journal, str(error))
    except Exception as error:  # the outermost edge: whatever it is, the platform must learn why
        traceback.print_exc()
        if device.is_out_of_memory(error):
            return _fail(
                journal, "Out of memory while loading; use a smaller base model or a larger machine."
            )
        return _fail(journal, f"{type(error).__name__}: {' '.join(str(error).split())[:500]}")
    journal.write("state", state="succeeded", progress=1.0)
    return SUCCEEDED


def _fail(journal: Journal, reason: str) -> int:
    journal.write("state", state="failed", reason=reason)
    print(reason, file=sys.stderr)  # noqa: T201
    return FAILED


@contextmanager
def _sole_owner(run_dir: Path) -> Iterator[None]:
    """Hold RUN_DIR/lock, so that a worker restarted too early cannot train into the same folder."""
    with (run_dir / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield


@dataclass(frozen=True, slots=True)
class Split:
    """Labelled rows and their model inputs."""

    rows: list[Row]
    examples: list[Example]


class _Run:
    """The steps of one run, in the order in which `go` takes them."""

    def __init__(self, run_dir: Path, journal: Journal, stop: StopSignal) -> None:
        self.dir, self.journal, self.stop = run_dir, journal, stop
        self.began = time.monotonic()
        self.config = FitConfig.read(run_dir / "config.json")
        self.data_hash = fingerprint(run_dir / f"{name}.arrow" for name in SPLITS)

    def go(self) -> None:
        if self._is_done():
            return
        self.device = device.prepare(self.config)
        self.bf16 = device.use_bf16(self.config.precision, self.device)
        rows = {name: self._read(name) for name in SPLITS}
        base = resolve_base(self.config.base_model)
        self.tokenizer, encoder = load_tokenizer(base), load_encoder(base)
        self.text = TextEncoder(self.tokenizer)
        self.stop.check()
        self.head = self._make_head(encoder, rows["train"])
        splits = {name: self._encode(name, part) for name, part in rows.items()}
        self.stop.check()
        self.network = self._make_network(encoder, splits)
        loop = self._loop(splits)
        self.journal.write(
            "state", state="running", device=device.describe(self.device), bf16=self.bf16,
            data_hash=self.data_hash, total_steps=loop.total_steps,
            rows={name: len(split.rows) for name, split in splits.items()},
            examples={name: len(split.examples) for name, split in splits.items()},
        )  # fmt: skip
        if self.config.fit_head_first and self.store.latest() is None:
            self._fit_head(splits["train"])
        progress = loop.run()
        self._finish(splits, progress)

    def _is_done(self) -> bool:
        if not (self.dir / "report.json").exists() or not (self.dir / "model" / "head.json").exists():
            return False
        return bool(artifact.read_head(self.dir / "model")["config_hash"] == self.config.hash)

    # -- preparing ----------------------------------------------------------------------------------------

    def _read(self, name: str) -> list[Row]:
        path = self.dir / f"{name}.arrow"
        rows = list(read_arrow(path)) if path.exists() else []
        if name == "train" and not rows:
            raise EngineError("The training set is empty: train.arrow has no rows.")
        if name == "dev" and not rows:
            raise EngineError(
                "There is no dev set: dev.arrow has no rows, and the best epoch is chosen on it."
            )
        return rows

    def _make_head(self, encoder: Any, train: Sequence[Row]) -> Head:
        length = usable_length(encoder, self.config.max_length)
        settings = Settings.of(self.config, max_length=length, blank=False)
        return make_head(self.config.head, replace(settings, blank=has_blanks(train, settings)))

    def _encode(self, name: str, rows: list[Row]) -> Split:
        examples = self.head.examples(rows, self.text, supervised=True)
        if name == "train":
            examples = [example for example in examples if example.weight > 0]
        if name != "test" and not examples:
            raise EngineError(f"The {name} set has nothing to learn from: no turn of it is labelled.")
        return Split(rows, examples)

    def _make_network(self, encoder: Any, splits: dict[str, Split]) -> Network:
        network = build_network(encoder, self.config, classes=len(self.head.classes))
        if not self.config.freeze_embeddings:
            ids = [torch.from_numpy(example.ids) for split in splits.values() for example in split.examples]
            seen = torch.unique(torch.cat([*ids, torch.tensor([self.text.pad_id])]))
            shrink_embeddings(encoder, seen)
        return network.to(self.device)

    def _loop(self, splits: dict[str, Split]) -> Loop:
        weights = None
        if self.config.class_weights == "balanced":
            targets = [e.targets for e in splits["train"].examples if e.targets is not None]
            weights = torch.from_numpy(balanced_weights(_stack(targets), multi=self.head.multi)).to(
                self.device
            )
        self.loss = Loss(self.head.multi, self.config.label_smoothing, weights)
        checkpoints = CheckpointStore(
            self.dir / "checkpoints", fingerprint=f"{self.config.hash}/{self.data_hash}/{ENGINE_VERSION}"
        )
        self.store = checkpoints
        return Loop(
            self.network, splits["train"].examples, self.config, loss=self.loss, pad_id=self.text.pad_id,
            device=self.device, bf16=self.bf16, store=checkpoints,
            evaluate=lambda: self._score(splits["dev"]), report=self.journal.write, should_stop=self.stop,
        )  # fmt: skip

    def _fit_head(self, train: Split) -> None:
        began = time.monotonic()
        loss = fit_output(
            self.network, train.examples, loss=self.loss, pad_id=self.text.pad_id, device=self.device,
            bf16=self.bf16, seed=self.config.seed, check=self.stop.check,
        )  # fmt: skip
        seconds = time.monotonic() - began
        self.journal.write("log", level="info", message="head fitted", loss=loss, seconds=seconds)

    # -- judging ------------------------------------------------------------------------------------------

    def _logits(self, examples: Sequence[Example]) -> list[Floats]:
        return logits_of(
            self.network, examples, pad_id=self.text.pad_id, device=self.device, bf16=self.bf16,
            check=self.stop.check,
        )  # fmt: skip

    def _score(self, dev: Split) -> DevScore:
        logits = self._logits(dev.examples)
        report = self._report(dev, logits)
        metric = self.head.metric if self.config.metric == "auto" else self.config.metric
        value = report["accuracy"] if metric == "accuracy" else report[metric.removesuffix("_f1")]["f1"]
        return DevScore(metric, value, report["loss"], report)

    def _report(self, split: Split, logits: Sequence[Floats]) -> dict[str, Any]:
        targets = _stack([e.targets for e in split.examples if e.targets is not None])
        scores, ones = torch.from_numpy(_stack(logits)), torch.ones(len(targets))
        loss = float(Loss(self.head.multi)(scores, torch.from_numpy(targets), ones)) / max(1, len(targets))
        values = [
            prediction.value for prediction in self.head.predictions(split.rows, split.examples, logits)
        ]
        return {**self.head.report(split.rows, values), "loss": loss, "rows": len(split.rows)}

    def _tune_threshold(self, dev: Split, logits: Sequence[Floats]) -> None:
        """Multi-label: the probability at which dev micro F1 is best; 0.5 wins ties."""
        best, chosen = self._report(dev, logits)["micro"]["f1"], self.head
        for percent in range(10, 95, 5):
            self.head = artifact.with_threshold(chosen, percent / 100)
            if (value := self._report(dev, logits)["micro"]["f1"]) > best:
                best, chosen = value, self.head
        self.head = chosen

    # -- finishing ----------------------------------------------------------------------------------------

    def _finish(self, splits: dict[str, Split], progress: Progress) -> None:
        self.journal.write("state", state="evaluating")
        dev, test = splits["dev"], splits["test"]
        logits = self._logits(dev.examples)
        if self.head.multi:
            self._tune_threshold(dev, logits)
        report = {
            "dev": self._report(dev, logits),
            "test": self._report(test, self._logits(test.examples)) if test.rows else None,
            "baseline": self._baseline(splits),
        }
        restore_embeddings(self.network.encoder)
        card = self._card(splits, progress, report)
        artifact.save(self.dir / "model", self.network, self.head, self.tokenizer, self.config, card)
        write_file(self.dir / "report.json", json.dumps(report, ensure_ascii=False))
        self.store.clear()

    def _baseline(self, splits: dict[str, Split]) -> dict[str, Any]:
        """The best rule that reads no text, on the test rows (on dev rows if there is no test set)."""
        name, rule = self.head.baseline(splits["train"].rows)
        where = "test" if splits["test"].rows else "dev"
        rows = splits[where].rows
        return {"name": name, "split": where, **self.head.report(rows, [rule.value(row) for row in rows])}

    def _card(self, splits: dict[str, Split], progress: Progress, report: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": artifact.artifact_name(self.config), "engine": ENGINE_VERSION, "torch": torch.__version__,
            "base_model": self.config.base_model, "field": self.config.field, "config": self.config.to_json(),
            "data_hash": self.data_hash, "rows": {name: len(split.rows) for name, split in splits.items()},
            "examples": {name: len(split.examples) for name, split in splits.items()},
            "parameters": sum(p.numel() for p in self.network.parameters()),
            "device": device.describe(self.device), "bf16": self.bf16, "steps": progress.step,
            "best_epoch": progress.best_epoch, "epochs": progress.epoch, "training_seconds": progress.seconds,
            "tokens": progress.tokens, "tokens_per_second": progress.tokens / max(progress.seconds, 1e-9),
            "padding_share": 1 - progress.tokens / max(1, progress.padded_tokens),
            "memory_mb": device.memory_mb(self.device), "report": report,
        }  # fmt: skip


def _stack(arrays: Sequence[Floats]) -> Floats:
    """(N, C) from the (K, C) parts of examples; arrays of none give (0, 0)."""
    return (
        torch.cat([torch.from_numpy(array) for array in arrays]).numpy()
        if arrays
        else torch.zeros(0, 0).numpy()
    )
