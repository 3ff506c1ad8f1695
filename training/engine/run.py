"""The steps of one run in its folder, from config.json to model/ and report.json."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.engine import artifact, device
from training.engine.atomic import write_file
from training.engine.batching import Example
from training.engine.build import (
    Network,
    load_tokenizer,
    resolve_base,
    restore_embeddings,
    shrink_embeddings,
)  # fmt: skip
from training.engine.checkpoint import CheckpointStore, Progress
from training.engine.config import ENGINE_VERSION, FitConfig
from training.engine.data import Row, fingerprint, hardened, read_arrow, rows_hash, settled
from training.engine.errors import EngineError
from training.engine.evaluation.judging import Judged, judge
from training.engine.evaluation.outcomes import FILE as OUTCOMES_FILE
from training.engine.evaluation.outcomes import write_outcomes
from training.engine.events import Journal
from training.engine.heads.base import Head
from training.engine.heads.registry import HEADS
from training.engine.loop import DevScore, Loop
from training.engine.memorisation.remembered import planted_rows, remembered, row_losses
from training.engine.metrics import figure
from training.engine.private.choosing import private_loop
from training.engine.probe import fit_output
from training.engine.quick_layers import quicken
from training.engine.stop import StopSignal
from training.engine.team import ALONE, Team, join, local_rank
from training.engine.token_cache import TokenCache, key_of
from training.engine.tokens import TextEncoder
from training.engine.vocabulary import learn_characters

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Split:
    """Labelled rows and their model inputs.

    taught: the rows that the inputs count from; those planted for a memorisation test are behind the others.
    """

    rows: list[Row]
    examples: Sequence[Example]
    taught: Sequence[Row] = ()


class Run:
    """The steps of one run, in the order in which `go` takes them."""

    def __init__(
        self, run_dir: Path, journal: Journal, stop: StopSignal, team: Team = ALONE,
        tokenized: TokenCache | None = None,
    ) -> None:  # fmt: skip
        self.dir, self.journal, self.stop, self.team = run_dir, journal, stop, team
        self.tokenized = tokenized or TokenCache(None)
        self.began = time.monotonic()
        self.config = FitConfig.read(run_dir / "config.json")
        self.data_hash = fingerprint(run_dir / f"{name}.arrow" for name in SPLITS)

    def go(self) -> None:
        if self._is_done():
            return
        join(self.team)
        self.device = device.prepare(self.config, local_rank())
        self.bf16 = device.use_bf16(self._precision(), self.device)
        rows = {name: self._read(name) for name in SPLITS}
        base = resolve_base(self.config.base_model)
        kind = HEADS[self.config.head]
        self.tokenizer, encoder = load_tokenizer(base), kind.load_base(base)
        if self.config.new_characters:
            added = learn_characters(self.tokenizer, encoder, rows["train"], seed=self.config.seed)
            self.journal.write("log", level="info", message="characters added", characters=added)
        self.text = TextEncoder(self.tokenizer)
        self.stop.check()
        self.head: Head = kind.learn(self.config, encoder, rows["train"])
        splits = {name: self._encode(name, part) for name, part in rows.items()}
        self.stop.check()
        self.network = self._make_network(encoder, splits)
        loop = self._loop(splits)
        self.journal.write(
            "state", state="running", device=device.describe(self.device), bf16=self.bf16,
            processes=self.team.size, data_hash=self.data_hash, total_steps=loop.total_steps,
            rows={name: len(split.rows) for name, split in splits.items()},
            examples={name: len(split.examples) for name, split in splits.items()},
        )  # fmt: skip
        if self.config.fit_head_first and self.head.fits_first and self.store.latest() is None:
            self.team.lead(lambda: self._fit_head(self.network, splits["train"]))
        self.team.follow(self.network)
        progress = loop.run()
        if self.team.leads:
            self._finish(splits, progress, loop.statement())

    def _is_done(self) -> bool:
        if not (self.dir / "report.json").exists() or not (self.dir / "model" / "head.json").exists():
            return False
        described = artifact.read_head(self.dir / "model")["config_hash"] == self.config.hash
        return bool(described and artifact.data_hash_of(self.dir / "model") in ("", self.data_hash))

    # -- preparing ----------------------------------------------------------------------------------------

    def _precision(self) -> str:
        """One text at a time, turning all weights to bf16 costs a processor more than the product gains."""
        by_one = self.config.is_private and self.device.type == "cpu"
        return "fp32" if by_one and self.config.precision == "auto" else self.config.precision

    def _read(self, name: str) -> list[Row]:
        path = self.dir / f"{name}.arrow"
        rows = list(read_arrow(path)) if path.exists() else []
        if name == "train" and not rows:
            raise EngineError("The training set is empty: train.arrow has no rows.")
        if name == "dev" and not rows:
            raise EngineError(
                "There is no dev set: dev.arrow has no rows, and the best epoch is chosen on it."
            )
        return hardened(rows) if name == "train" and self.config.targets == "hard" else rows

    def _encode(self, name: str, rows: list[Row]) -> Split:
        rows = settled(rows) if name == "test" else rows
        taught = [*rows, *planted_rows(self.config, len(rows))] if name == "train" else rows
        examples = self._inputs(name, taught)
        if name == "train" and self.config.label_names:
            named = self.head.examples(self.head.label_rows(), self.text, supervised=True)
            examples = [*examples, *named]
        if name != "test" and not examples:
            raise EngineError(f"The {name} set has nothing to learn from: no turn of it is labelled.")
        return Split(rows, examples, taught)

    def _inputs(self, name: str, rows: list[Row]) -> Sequence[Example]:
        """The model inputs of rows, from the cache if they were made before.

        The key is over the very rows, not their file: a recipe may have changed them on the way.
        """

        def make() -> Sequence[Example]:
            if name == "train":
                return self.head.lessons(rows, self.text)
            return self.head.examples(rows, self.text, supervised=True)

        settings = json.dumps(asdict(self.head.settings), sort_keys=True)
        key = key_of(name, rows_hash(rows), self.text.fingerprint, self.config.head, settings)
        return self.tokenized.get(key, make, check=self.stop.check)

    def _make_network(self, encoder: Any, splits: dict[str, Split]) -> nn.Module:
        network = self.head.network(encoder, self.config)
        if self.head.trims_vocabulary and not self.config.freeze_embeddings:
            examples = [example for split in splits.values() for example in split.examples]
            ids = [torch.from_numpy(part.ids) for example in examples for part in example.inputs]
            seen = torch.unique(torch.cat([*ids, torch.tensor([self.text.pad_id])]))
            shrink_embeddings(encoder, seen)
        if self.bf16 and self.device.type == "cpu" and not self.config.is_private:
            quicken(encoder)
        if self.config.gradient_checkpointing:
            encoder.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
        network.to(self.device)
        if self.config.compile != "off":
            device.compile_module(encoder, graphs=self.config.compile == "graphs")
        return network

    def _loop(self, splits: dict[str, Split]) -> Loop:
        self.loss = self.head.loss(self.config, splits["train"].examples)
        checkpoints = CheckpointStore(
            self.dir / "checkpoints", fingerprint=f"{self.config.hash}/{self.data_hash}/{ENGINE_VERSION}",
            writes=self.team.leads,
        )  # fmt: skip
        self.store, train = checkpoints, splits["train"]
        make = private_loop(train.examples, train.taught, self.config, checkpoints) or Loop
        return make(
            self.network, self.head.training_examples(train.examples, self.config), self.config,
            loss=self.loss, pad_id=self.text.pad_id, device=self.device, bf16=self.bf16, store=checkpoints,
            evaluate=lambda: self._score(splits["dev"]), report=self.journal.write, should_stop=self.stop,
            team=self.team,
        )  # fmt: skip

    def _fit_head(self, network: nn.Module, train: Split) -> None:
        if not isinstance(network, Network):
            return
        began = time.monotonic()
        loss = fit_output(
            network, train.examples, loss=self.loss, pad_id=self.text.pad_id, device=self.device,
            bf16=self.bf16, seed=self.config.seed, check=self.stop.check,
        )  # fmt: skip
        seconds = time.monotonic() - began
        self.journal.write("log", level="info", message="head fitted", loss=loss, seconds=seconds)

    # -- judging ------------------------------------------------------------------------------------------

    def _outputs(self, examples: Sequence[Example]) -> list[Any]:
        return self.head.outputs(
            self.network, examples, pad_id=self.text.pad_id, device=self.device, bf16=self.bf16,
            check=self.stop.check,
        )  # fmt: skip

    def _score(self, dev: Split) -> DevScore:
        report = self._report(dev, self._outputs(dev.examples))
        metric = self.head.metric if self.config.metric == "auto" else self.config.metric
        if metric not in report and metric.removesuffix("_f1") not in report:
            raise EngineError(f"A {self.config.head!r} head gives no {metric}; leave metric at auto.")
        return DevScore(metric, figure(report, metric), report["loss"], report)

    def _report(self, split: Split, outputs: Sequence[Any]) -> dict[str, Any]:
        predictions = self.head.predictions(split.rows, split.examples, outputs)
        report = self.head.report(split.rows, [prediction.value for prediction in predictions])
        loss = self.head.mean_loss(split.examples, outputs)
        return {**report, "loss": loss, "rows": len(split.rows)}

    # -- finishing ----------------------------------------------------------------------------------------

    def _finish(self, splits: dict[str, Split], progress: Progress, privacy: dict[str, Any] | None) -> None:
        self.journal.write("state", state="evaluating")
        dev, test = self._settled(splits["dev"]), splits["test"]
        outputs = self._outputs(dev.examples)
        before = judge(self.head, dev.rows, dev.examples, outputs).reliability
        calibrated = self.head.calibrated(dev.examples, outputs)
        self.head = calibrated.tuned(dev.rows, dev.examples, outputs)
        report = {
            "dev": self._judged(dev, outputs).report,
            "test": self._test(test) if test.rows else None,
            "baseline": self._baseline(splits),
            "calibration": {"temperature": self.head.settings.temperature, "before": before},
            "privacy": privacy,
        }
        if self.head.trims_vocabulary:
            restore_embeddings(self.network.encoder)
        report["memorisation"] = self._remembered(splits)
        card = self._card(splits, progress, report)
        artifact.save(self.dir / "model", self.network, self.head, self.tokenizer, self.config, card)
        write_file(self.dir / "report.json", json.dumps(report, ensure_ascii=False))
        self.store.clear()

    def _remembered(self, splits: dict[str, Split]) -> dict[str, Any]:
        """After the whole table of embeddings is back: strings that were never planted need it."""
        self.network.to(self.device)

        def losses_of(rows: Sequence[Row]) -> list[float]:
            examples = self.head.examples(rows, self.text, supervised=True)
            found = self.head.memory_losses(
                self.network, examples, pad_id=self.text.pad_id, device=self.device, bf16=self.bf16,
                check=self.stop.check,
            ) if examples else {}  # fmt: skip
            return row_losses(found, len(rows))

        rows = {name: split.rows for name, split in splits.items()}
        return remembered(self.config, **rows, losses_of=losses_of)

    def _settled(self, dev: Split) -> Split:
        """The dev rows by what was approved of them: the crowd's doubt is no measure of the model's."""
        rows = settled(dev.rows)
        return Split(rows, self._inputs("dev", rows))

    def _judged(self, split: Split, outputs: Sequence[Any]) -> Judged:
        judged = judge(self.head, split.rows, split.examples, outputs)
        loss = self.head.mean_loss(split.examples, outputs)
        return judged._replace(report={**judged.report, "loss": loss})

    def _test(self, test: Split) -> dict[str, Any]:
        """The report on the test rows; what came of each of them goes to outcomes.arrow beside it."""
        outputs = self._outputs(test.examples)
        judged = self._judged(test, outputs)
        write_outcomes(self.dir / OUTCOMES_FILE, judged.outcomes)
        if not self.head.calibrates:
            return judged.report
        plain = judge(self.head.at(1.0), test.rows, test.examples, outputs).reliability
        return {**judged.report, "reliability_before": plain}

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
