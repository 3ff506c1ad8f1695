"""The rules of money once more, said as simply as can be: test_money_machine.py holds the ledger to them."""

from collections import Counter
from copy import deepcopy
from typing import Any

OK, SHORT, REUSED, REFUSED = "ok", "insufficient_funds", "idempotency_key_reused", "refused"


class Model:
    """Pots by (kind, owner, currency). `external` alone may be negative."""

    def __init__(self) -> None:
        self.pots: Counter[tuple[str, Any, str]] = Counter()
        self.booked: dict[str, tuple[Any, ...]] = {}
        self.reversed: dict[str, int] = {}
        self.payouts: dict[str, dict[str, Any]] = {}
        self.topped_up: Counter[tuple[Any, Any, str]] = Counter()

    def copy(self) -> "Model":
        return deepcopy(self)

    def apply(self, op: tuple[Any, ...]) -> str:
        return getattr(self, op[0])(*op[1:])

    def _move(self, key: str, amount: int, source: Any, target: Any) -> str:
        what = (amount, source, target)
        if key in self.booked:
            return OK if self.booked[key] == what else REUSED
        if source[0] != "external" and self.pots[source] < amount:
            return SHORT
        self.booked[key] = what
        self.pots[source] -= amount
        self.pots[target] += amount
        return OK

    def fund(self, project: Any, money: str, amount: int, key: str) -> str:
        return self._move(
            f"fund:{project}:{key}", amount, ("external", None, money), ("escrow", project, money)
        )

    def withdraw(self, project: Any, money: str, amount: int, key: str) -> str:
        return self._move(
            f"withdraw:{project}:{key}", amount, ("escrow", project, money), ("external", None, money)
        )

    def reserve(self, project: Any, money: str, amount: int, key: str) -> str:
        name = f"reserve:{project}:{key}"
        return self._move(name, amount, ("escrow", project, money), ("reserved", project, money))

    def release(self, project: Any, money: str, amount: int, key: str) -> str:
        name = f"release:{project}:{key}"
        return self._move(name, amount, ("reserved", project, money), ("escrow", project, money))

    def pay(self, project: Any, money: str, worker: Any, amount: int, key: str) -> str:
        return self._move(f"pay:{key}", amount, ("reserved", project, money), ("wallet", worker, money))

    def bonus(self, project: Any, money: str, worker: Any, amount: int, key: str) -> str:
        name = f"bonus:{project}:{key}"
        return self._move(name, amount, ("escrow", project, money), ("wallet", worker, money))

    def top_up(self, project: Any, money: str, worker: Any, wanted: int) -> str:
        due = wanted - self.topped_up[project, worker, money]
        if due <= 0:
            return OK
        if self.pots["escrow", project, money] < due:
            return SHORT
        self.topped_up[project, worker, money] = wanted
        self.booked[f"top-up:{project}:{money}:{worker}:{wanted}"] = (
            due,
            ("escrow", project, money),
            ("wallet", worker, money),
        )
        self.pots["escrow", project, money] -= due
        self.pots["wallet", worker, money] += due
        return OK

    def reverse(self, key: str, up_to: bool) -> str:
        if key not in self.booked:
            return "not_found"
        if key in self.reversed:
            return OK
        amount, source, target = self.booked[key]
        back = min(amount, self.pots[target]) if up_to else amount
        if back == 0 or self.pots[target] < back:
            return SHORT
        self.reversed[key] = back
        self.pots[target] -= back
        self.pots["escrow", source[1], source[2]] += back
        return OK

    def payout(self, worker: Any, money: str, amount: int, key: str) -> str:
        name = f"payout:{worker}:{key}"
        done = self._move(name, amount, ("wallet", worker, money), ("payable", worker, money))
        if done == OK and name not in self.payouts:
            self.payouts[name] = {
                "worker": worker,
                "money": money,
                "amount": amount,
                "state": "requested",
            }
        return done

    def cancel(self, name: str) -> str:
        line = self.payouts[name]
        if line["state"] == "requested":
            self.end(name, "cancelled")
        return OK if line["state"] == "cancelled" else REFUSED

    def end(self, name: str, state: str) -> None:
        """A payout's money goes outside, back into the wallet, or (returned) back from outside."""
        line = self.payouts[name]
        amount, source = line["amount"], ("payable", line["worker"], line["money"])
        if state == "returned":
            source, state = ("external", None, line["money"]), "failed"
        target = ("external", None, line["money"]) if state == "paid" else ("wallet", *source[1:])
        if source[0] == "external":
            target = ("wallet", line["worker"], line["money"])
        self.pots[source] -= amount
        self.pots[target] += amount
        line["state"] = state
