"""A provider for tests and rehearsals: it keeps its book in a file, so that it survives our process's death,
and fails on demand. `paid` is what really left the bank: a line twice in it is money paid twice."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from rewards.providers.base import (
    BatchOrder,
    BatchStatus,
    LineStatus,
    ProviderRefused,
    ProviderUncertain,
)

Mood = Literal["well", "refuse", "lose_request", "lose_answer", "die", "forget_keys", "silent"]


class Sandbox:
    """Moods: refuse; lose_request (times out, nothing taken); lose_answer (taken, but the answer times out);
    die (we are killed after it was taken); forget_keys (pays a repeated key again); silent (no status)."""

    name = "sandbox"
    needs_address = False
    reports = True

    def __init__(self, book: Path, mood: Mood = "well", fails: frozenset[str] = frozenset()) -> None:
        self.book, self.mood, self.fails = book, mood, fails
        self.submissions = 0

    def submit(self, batch: BatchOrder) -> str:
        self.submissions += 1
        if self.mood == "refuse":
            raise ProviderRefused("closed on Sundays")
        if self.mood == "lose_request":
            raise ProviderUncertain("timed out")
        if self.mood == "forget_keys" or not self._taken(batch.key):
            self._take(batch)
        if self.mood == "die":
            os._exit(137)
        if self.mood == "lose_answer":
            raise ProviderUncertain("timed out")
        return f"sandbox-{batch.key[:8]}"

    def status(self, key: str) -> BatchStatus:
        if self.mood == "silent":
            raise ProviderUncertain("timed out")
        taken = self._taken(key)
        lines = {
            line["key"]: LineStatus("failed", "AC04 closed account")
            if line["key"] in self.fails
            else LineStatus("paid", reference=f"sb-{line['key'][:6]}")
            for record in taken[:1]
            for line in record["orders"]
        }
        return BatchStatus(known=bool(taken), lines=lines)

    def paid(self) -> list[tuple[str, str]]:
        """(payout key, amount) for every transfer made, repeated ones repeated."""
        return [
            (line["key"], line["amount"])
            for record in self._records()
            for line in record["orders"]
            if line["key"] not in self.fails
        ]

    def _taken(self, key: str) -> list[dict[str, Any]]:
        return [record for record in self._records() if record["key"] == key]

    def _records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.book.read_text().splitlines()] if self.book.exists() else []

    def _take(self, batch: BatchOrder) -> None:
        orders = [{**asdict(order), "amount": f"{order.amount:f}"} for order in batch.orders]
        with self.book.open("a") as file:
            file.write(json.dumps({"key": batch.key, "orders": orders}) + "\n")
            file.flush()
            os.fsync(file.fileno())
