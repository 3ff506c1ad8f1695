"""What a run's and a model's page say about privacy, in words for people who never heard of any of it."""

from collections.abc import Mapping
from math import log2
from typing import Any

from django.utils.translation import gettext as _

from training.leaks import canaries_of, hundredths, membership_of

Report = Mapping[str, Any]
Facts = list[tuple[str, str]]


def guarantee(report: Report) -> str:
    """What is promised, in one sentence."""
    privacy = report.get("privacy")
    if not privacy:
        return _("Trained without differential privacy: nothing bounds what this model may give away.")
    values = {"epsilon": f"{privacy['epsilon']:.2f}", "delta": f"{privacy['delta']:.1e}"}
    if privacy["unit"] == "group":
        text = _("Trained with differential privacy: with or without any one conversation the model would be "
                 "nearly the same, within epsilon %(epsilon)s at delta %(delta)s.")  # fmt: skip
    else:
        text = _("Trained with differential privacy: with or without any one item the model would be nearly "
                 "the same, within epsilon %(epsilon)s at delta %(delta)s.")  # fmt: skip
    return str(text % values)


def membership(report: Report) -> str:
    """How well an attacker does."""
    found = membership_of(report)
    if not found:
        return _("How well one can tell who was trained on was not measured: the run is from before that, or "
                 "there are too few conversations.")  # fmt: skip
    low, high = (hundredths(edge) for edge in found["interval"])
    text = _("Somebody who has the model, sees one conversation that it was trained on and one that it was "
             "not, and takes the one that surprises it less, is right %(told)d of 100 times (95 percent: "
             "%(low)d to %(high)d); 50 is a coin.")  # fmt: skip
    return str(text % {"told": hundredths(found["auc"]), "low": low, "high": high})


def by_heart(report: Report) -> str:
    """What became of planted strings; empty where there were none."""
    found = canaries_of(report)
    if not found:
        return ""
    text = _("Of %(count)d made-up strings that were planted, the model knows %(mean)s bits on average; by "
             "chance it would be %(chance)s, and the test can show %(most)d.")  # fmt: skip
    values = {
        "count": found["count"], "mean": f"{found['mean']:.2f}", "chance": f"{found['chance']:.2f}",
        "most": round(log2(found["candidates"])),
    }  # fmt: skip
    return str(text % values)


def facts(report: Report) -> Facts:
    """The figures behind the sentences."""
    return [*_spent(report.get("privacy")), *_told(membership_of(report)), *_strings(canaries_of(report))]


def short(report: Report) -> str:
    """One line to compare versions by."""
    privacy, found = report.get("privacy"), membership_of(report)
    parts = [f"ε {privacy['epsilon']:.2f}"] if privacy else []
    if found:
        parts.append(_("who was trained on is told %d of 100 times") % hundredths(found["auc"]))
    return " · ".join(parts)


def _spent(privacy: Mapping[str, Any] | None) -> Facts:
    if not privacy:
        return []
    found = [
        (_("Epsilon, delta"), f"{privacy['epsilon']:.3f}, {privacy['delta']:.1e}"),
        (_("Protected as a whole"), _("a conversation") if privacy["unit"] == "group" else _("an item")),
        (_("How many there are"), f"{privacy['units']:,}"),
        (_("Clipping norm, noise"), f"{privacy['max_grad_norm']:g}, {privacy['noise_multiplier']:.3f}"),
        (_("Steps, share in each"), f"{privacy['steps']:,}, {privacy['sample_rate']:.4f}"),
        (_("Accountant"), privacy["accountant"].upper()),
    ]
    if together := privacy.get("together"):
        found.append((_("Epsilon of all seeds together"), f"{together['epsilon']:.3f}"))
    return found


def _told(found: Mapping[str, Any] | None) -> Facts:
    if not found:
        return []
    low, high = found["tpr_interval"]
    return [
        (_("Membership inference, AUC"), _with(found["auc"], found["interval"])),
        (
            _("Found at 1 false alarm in 100"),
            f"{100 * found['tpr']:.1f} % ({100 * low:.1f}–{100 * high:.1f})",
        ),
        (_("Conversations, in and out"), f"{found['members']:,}, {found['others']:,}"),
    ]


def _strings(found: Mapping[str, Any] | None) -> Facts:
    if not found:
        return []
    return [(_("Exposure of planted strings, bits"), f"{found['mean']:.2f} (≤ {found['highest']:.2f})")]


def _with(value: float, interval: Any) -> str:
    return f"{value:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"
