"""What several seeds of one recipe reached, as the run's page shows it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from training.tables import Row


@dataclass(frozen=True, slots=True)
class SeedSpread:
    """`reached` is the part "seeds" of a run's report (see seeds.py)."""

    reached: dict[str, Any]

    @property
    def deviation(self) -> float:
        """The standard deviation over the seeds on the test items, else on dev: what chance alone may do."""
        part = self.reached.get("test") or self.reached.get("dev") or {}
        return float(part.get("deviation", 0.0))

    @property
    def text(self) -> str:
        part = self.reached.get("test") or self.reached.get("dev")
        if not part:
            return ""
        shown = {"n": len(self.reached["reached"]), **part}
        return _("mean of %(n)d seeds %(mean).3f ± %(deviation).3f") % shown

    @property
    def columns(self) -> list[dict[str, Any]]:
        numbers = [{"title": title, "numeric": True} for title in (_("Seed"), _("dev"), _("test"))]
        return [*numbers, {"title": _("Kept")}]

    @property
    def rows(self) -> list[Row]:
        rows: list[Row] = [
            [
                _number(str(one["seed"])),
                _figure(one["dev"]),
                _figure(one["test"]),
                _kept(one["seed"] == self.reached["chosen"]),
            ]
            for one in self.reached["reached"]
        ]
        for name, key in ((_("mean"), "mean"), (_("standard deviation"), "deviation")):
            parts = [(self.reached.get(part) or {}).get(key) for part in ("dev", "test")]
            rows.append([_number(name), *map(_figure, parts), _kept(False)])
        return rows


def _kept(yes: bool) -> dict[str, Any]:
    return {"text": _("best on dev"), "tone": "good"} if yes else {"text": ""}


def _figure(value: float | None) -> dict[str, Any]:
    return _number("–" if value is None else f"{value:.4f}")


def _number(text: str) -> dict[str, Any]:
    return {"text": text, "numeric": True}
