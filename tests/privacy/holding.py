"""A holder for tests: rows in memory about an account or about items, which can be told to fail."""

from collections.abc import Iterator
from typing import Any

from privacy.holders import Holding, Subject, Terms


class Shelf:
    """Holds notes by account or item. `after` is called in the middle of an erasure."""

    def __init__(self, name: str = "shelf", rank: int = 10) -> None:
        self.name, self.rank = name, rank
        self.notes: list[tuple[Any, dict[str, Any]]] = []
        self.restricted: set[Any] = set()
        self.stubborn = 0  # what an erasure leaves behind
        self.erasures: list[Terms] = []
        self.after: Any = None

    def _about(self, subject: Subject) -> list[dict[str, Any]]:
        return [row for owner, row in self.notes if owner == subject.account or owner in subject.items]

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        yield Holding(f"{self.name}_notes", "Notes", iter(self._about(subject)), "To remember.", "You.")

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        found = self._about(subject)
        self.notes = [(owner, row) for owner, row in self.notes if row not in found]
        self.erasures.append(terms)
        if self.after:
            self.after()
        return {"notes": len(found)}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        (self.restricted.add if restricted else self.restricted.discard)(subject.account)
        return {"notes": len(self._about(subject))}

    def residue(self, subject: Subject) -> dict[str, int]:
        return {"notes": len(self._about(subject)) + self.stubborn}
