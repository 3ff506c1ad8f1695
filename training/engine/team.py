"""Several processes that train one model together, one for each GPU, as `accelerate launch` starts them.

Every process goes through the same steps; of each step it takes its share of the examples, and the gradients
are added up. The leader (rank 0) alone judges, writes and listens; the others follow what it says.
"""

import os
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from training.engine.errors import Cancelled, EngineError
from training.engine.orphans import die_with_parent

T = TypeVar("T")
_PATIENCE = timedelta(hours=6)  # the others wait while the leader judges a large dev set


@dataclass(frozen=True, slots=True)
class Team:
    """Who this process is among `size`; the default is a process on its own, for which all is a no-op."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        """Whether it holds for one of us; everybody must ask."""
        if self.size == 1:
            return flag
        votes = torch.tensor(int(flag))
        dist.all_reduce(votes, dist.ReduceOp.MAX)
        return bool(votes)

    def add(self, tensor: Tensor) -> Tensor:
        """The sum over all of us, in place."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def add_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Give everybody the sum of all gradients; what nobody has a gradient for keeps none."""
        if self.size == 1:
            return
        trained = [parameter for parameter in parameters if parameter.requires_grad]
        has = torch.tensor([float(one.grad is not None) for one in trained], device=trained[0].device)
        grads = [torch.zeros_like(one) if one.grad is None else one.grad for one in trained]
        flat = self.add(torch.cat([has, *(grad.flatten().float() for grad in grads)]))
        begins = list(accumulate([len(trained), *(one.numel() for one in trained[:-1])]))
        counts, *sums = flat.tensor_split(begins)
        for parameter, count, total in zip(trained, counts.tolist(), sums, strict=True):
            parameter.grad = total.view_as(parameter).to(parameter.dtype) if count else None

    def follow(self, network: nn.Module) -> None:
        """Take over the leader's weights."""
        if self.size > 1:
            for tensor in network.state_dict().values():
                dist.broadcast(tensor, 0)

    def lead(self, work: Callable[[], T]) -> T:
        """What `work` gives when the leader does it, or the refusal that it raises, for everybody."""
        if self.size == 1:
            return work()
        said: list[Any] = [None, None]
        if self.leads:
            try:
                said[0] = work()
            except (Cancelled, EngineError) as refusal:
                said[1] = refusal
        dist.broadcast_object_list(said, 0)
        if said[1] is not None:
            raise said[1]
        result: T = said[0]
        return result


ALONE = Team()


def team_of_environment() -> Team:
    """Who we are by the words of `accelerate launch` (or torchrun)."""
    return Team(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))


def local_rank() -> int:
    return int(os.environ.get("LOCAL_RANK", 0))


def join(team: Team) -> None:
    """Meet the others. From here on nobody outlives the launcher, and only the leader hears SIGTERM.

    A follower that ended by itself would take the leader's last checkpoint with it.
    """
    if team.size == 1:
        return
    die_with_parent(signal.SIGKILL)
    if not team.leads:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    backends = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backends, timeout=_PATIENCE)


def leave() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()
