"""The training loop: token-budget batches, AdamW, linear warm-up and decay, the best epoch kept."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.engine.averaging import Averaging
from training.engine.batching import Batch, Example, Ints, Step, Truth, collate, cut, narrow, plan_epoch
from training.engine.checkpoint import CheckpointStore, Progress
from training.engine.config import FitConfig
from training.engine.device import is_out_of_memory, memory_mb
from training.engine.errors import Cancelled, EngineError
from training.engine.loss import Loss
from training.engine.optimizer import make_optimizer, rate
from training.engine.team import ALONE, Team

_LEAST_MICRO_TOKENS = 16


@dataclass(frozen=True, slots=True)
class DevScore:
    """One evaluation on the dev rows; `value` decides (more is better), a smaller `loss` breaks ties."""

    metric: str
    value: float
    loss: float
    report: dict[str, Any]


Report = Callable[..., None]  # (event, **figures)


class Loop:
    """One run in progress. `report` receives events, `should_stop` is asked before every step."""

    def __init__(
        self, network: nn.Module, examples: Sequence[Example], config: FitConfig, *, loss: Loss, pad_id: int,
        device: torch.device, bf16: bool, store: CheckpointStore, evaluate: Callable[[], DevScore],
        report: Report, should_stop: Callable[[], bool], team: Team = ALONE,
    ) -> None:  # fmt: skip
        self.network, self.examples, self.config, self.loss = network, examples, config, loss
        self.pad_id, self.device, self.bf16 = pad_id, device, bf16
        self.store, self.evaluate, self.report, self.should_stop = store, evaluate, report, should_stop
        self.team = team
        self.lengths: Ints = np.array([example.length for example in examples], dtype=np.int64)
        self.tokens: Ints = np.array([example.tokens for example in examples], dtype=np.int64)
        counts = [len(self._plan(epoch)) for epoch in range(config.epochs)]
        self.total_steps = min(sum(counts), config.max_steps or sum(counts))
        self.optimizer = make_optimizer(network, config)
        self.averaging = Averaging(self.optimizer, share=config.average_share, steps=self.total_steps)
        self.progress = Progress(micro_tokens=config.micro_tokens)
        self._started = self._saved = self._window_began = time.monotonic()
        self._window_tokens = self._steps_here = 0

    def run(self) -> Progress:
        """Train to the end, from the newest checkpoint if any; the network ends with the best weights."""
        if restored := self.store.restore(self.network, self.optimizer):
            self.progress = restored
            self.report("state", state="resumed", step=restored.step, epoch=restored.epoch)
        self._started = self._saved = self._window_began = time.monotonic()
        while not self.progress.finished:
            self._train_epoch()
            self._close_epoch()
        self.store.load_best(self.progress.best_epoch, self.network)
        return self.progress

    def statement(self) -> dict[str, Any] | None:
        """What the training guarantees about privacy: nothing (see private/private_loop.py)."""
        return None

    # -- one epoch ----------------------------------------------------------------------------------------

    def _plan(self, epoch: int) -> list[Ints]:
        config = self.config
        return plan_epoch(
            self.lengths,
            examples=config.batch_examples,
            tokens=config.batch_tokens,
            seed=config.seed,
            epoch=epoch,
        )

    def _steps(self, epoch: int) -> list[Step]:
        """The epoch's batches, cut into parts of like length unless the loss compares what is in a batch."""
        plan = self._plan(epoch)
        whole = getattr(self.loss, "compares", False)
        return [[batch] for batch in plan] if whole else narrow(plan, self.lengths)

    def _train_epoch(self) -> None:
        progress = self.progress
        self.network.train()
        for parts in self._steps(progress.epoch)[progress.position :]:
            if progress.step >= self.total_steps:
                return
            self._stop_if_asked()
            loss = self._step(parts)
            progress.step += 1
            self.averaging.add(progress.step)
            progress.position += 1
            self._steps_here += 1
            self._count(parts, loss)
            if progress.step % self.config.log_every == 0 or progress.step == self.total_steps:
                self._report_step()
            if self._checkpoint_due():
                self._checkpoint()

    def _close_epoch(self) -> None:
        progress = self.progress
        score = self._evaluate()
        better = (score.value, -score.loss) > (progress.best_value, -progress.best_loss)
        better = better or self.config.keep == "last"
        self.report(
            "eval", split="dev", epoch=progress.epoch, step=progress.step, metric=score.metric,
            value=score.value, loss=score.loss, best=better,
            report={name: part for name, part in score.report.items() if name != "confusion"},
        )  # fmt: skip
        if better:
            progress.best_epoch, progress.best_value, progress.best_loss = (
                progress.epoch,
                score.value,
                score.loss,
            )
            progress.stale_epochs = 0
            with self.averaging.shown():
                self.store.save_best(progress.epoch, self.network)
        else:
            progress.stale_epochs += 1
        progress.epoch, progress.position = progress.epoch + 1, 0
        tired = 0 < self.config.patience <= progress.stale_epochs
        progress.finished = tired or progress.epoch >= self.config.epochs or progress.step >= self.total_steps
        self._checkpoint()

    def _evaluate(self) -> DevScore:
        """Dev figures; a request to stop that arrives meanwhile is honoured with a checkpoint."""
        try:
            with self.averaging.shown():
                return self.team.lead(self.evaluate)
        except Cancelled:
            self._checkpoint()
            raise

    # -- one step -----------------------------------------------------------------------------------------

    def _step(self, parts: Step) -> float:
        """One optimizer step; a step that does not fit into memory is cut finer and done again."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * rate(self.progress.step, self.total_steps, self.config)
        while (loss := self._try(parts)) is None:
            self._halve(parts)
        self._shape_gradients()
        self.optimizer.step()
        return loss

    def _shape_gradients(self) -> None:
        """Those of all of us together, none of them longer than they may be."""
        self.team.add_gradients(self.network.parameters())
        if self.config.max_grad_norm:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.config.max_grad_norm)

    def _try(self, step: Step) -> float | None:
        """The loss, with its gradients; None when the memory of one of us does not suffice."""
        loss: Tensor | None = None
        try:
            loss = self._gradients(step)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        if self.team.any(loss is None) or loss is None:
            return None
        return float(self.team.add(loss))

    def _gradients(self, step: Step) -> Tensor:
        """Gradient of the mean loss over all decisions of the step, added up by micro-batches.

        Of a team each has its share of the examples, and the gradients are still to be added up. Dropout
        depends on seed and step (and rank) alone, so that a resumed run draws what an unbroken one does.
        """
        torch.manual_seed(seed_of(self.config.seed, self.progress.step, self.team.rank))
        self.optimizer.zero_grad(set_to_none=True)
        truth = Truth.of([self.examples[index] for part in step for index in part])
        total = float(self.loss.weigh(truth).sum()) or 1.0
        summed = torch.zeros((), device=self.device)
        for part in self._micro_batches(step):
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
                outputs = self.network(part)
            loss = self.loss(outputs, part.truth) / total
            loss.backward()  # type: ignore[no-untyped-call]
            summed += loss.detach()
        return summed

    def _micro_batches(self, step: Step) -> Iterator[Batch]:
        """Our share of the step: of each part, sorted by length, every so many-eth example."""
        shares = [part[self.team.rank :: self.team.size] for part in step]
        for part in shares:
            for piece in cut(part, self.lengths, examples=len(part), tokens=self.progress.micro_tokens):
                yield collate([self.examples[index] for index in piece], self.pad_id, self.device)

    def _halve(self, step: Step) -> None:
        longest = max(int(self.lengths[part].max()) for part in step)
        largest = max(len(part) * int(self.lengths[part].max()) for part in step)
        size = min(self.progress.micro_tokens, largest)
        if size // 2 < max(_LEAST_MICRO_TOKENS, longest):
            raise EngineError("Out of memory even with one example at a time; lower max_length.")
        self.optimizer.zero_grad(set_to_none=True)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.progress.micro_tokens = size // 2
        self.report(
            "log", level="warning", message=f"Out of memory: going on with {size // 2} tokens at a time."
        )

    # -- events and checkpoints ---------------------------------------------------------------------------

    def _count(self, step: Step, loss: float) -> None:
        if not np.isfinite(loss):
            raise EngineError(
                f"The loss became {loss} at step {self.progress.step}; lower the learning rate."
            )
        real = sum(int(self.tokens[part].sum()) for part in step)
        self.progress.tokens += real
        self.progress.padded_tokens += sum(len(part) * int(self.lengths[part].max()) for part in step)
        self.progress.window_loss += loss
        self.progress.window_steps += 1
        self._window_tokens += real

    def _report_step(self) -> None:
        progress, now = self.progress, time.monotonic()
        self.report(
            "step", step=progress.step, total_steps=self.total_steps, epoch=progress.epoch,
            progress=progress.step / self.total_steps, loss=progress.window_loss / progress.window_steps,
            learning_rate=self.optimizer.param_groups[0]["lr"],
            tokens_per_second=self._window_tokens / max(now - self._window_began, 1e-9),
            padding_share=1 - progress.tokens / max(1, progress.padded_tokens),
            memory_mb=memory_mb(self.device),
            seconds_left=(now - self._started) / self._steps_here * (self.total_steps - progress.step),
        )  # fmt: skip
        progress.window_loss, progress.window_steps = 0.0, 0
        self._window_tokens, self._window_began = 0, now

    def _checkpoint_due(self) -> bool:
        every, seconds = self.config.checkpoint_steps, self.config.checkpoint_seconds
        due = bool(every) and self.progress.step % every == 0
        return due or (seconds > 0 and time.monotonic() - self._saved >= seconds)

    def _checkpoint(self) -> None:
        began = time.monotonic()
        self.progress.seconds += began - self._saved
        self.store.save(self.progress, self.network, self.optimizer)
        self._saved = time.monotonic()
        self.report(
            "log", level="info", message="checkpoint", step=self.progress.step, seconds=self._saved - began
        )

    def _stop_if_asked(self) -> None:
        if self.team.any(self.should_stop()):
            self._checkpoint()
            raise Cancelled


def seed_of(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
