"""The card's section about privacy: what is guaranteed, what was measured, and what neither covers."""

from collections.abc import Mapping
from math import log2
from typing import Any

from training.leaks import canaries_of, hundredths, membership_of

Part = Mapping[str, Any]
_UNITS = {
    "group": "one conversation with all that was imported under the same group",
    "example": "one item alone; whoever has several is protected less, by as many times the epsilon",
}


def section(report: Part) -> list[str]:
    privacy = report.get("privacy")
    lines = ["## Privacy", "", *(_private(privacy) if privacy else _NOT_PRIVATE), ""]
    return [*lines, _membership(membership_of(report)), "", _canaries(canaries_of(report)), ""]


_NOT_PRIVATE = ["Trained without differential privacy: nothing bounds what it may give away."]


def _private(privacy: Part) -> list[str]:
    together = privacy.get("together")
    chosen = (
        f" {together['models']} seeds were trained to choose it; all of them together spent "
        f"ε = {together['epsilon']:.2f}." if together else ""
    )  # fmt: skip
    return [
        f"Trained with differential privacy: **ε = {privacy['epsilon']:.2f}** at δ = {privacy['delta']:.1e}."
        f"{chosen}",
        "",
        f"- Unit: {_UNITS[privacy['unit']]} ({privacy['units']:,} of them). The guarantee compares training "
        "with and without any one of them.",
        f"- {privacy['mechanism']}: {privacy['steps']:,} steps, each with every unit by lot at "
        f"{privacy['sample_rate']:.4f}, at most {privacy['unit_examples']} of its examples, gradients "
        f"clipped to {privacy['max_grad_norm']:g}, noise multiplier {privacy['noise_multiplier']:.3f}; "
        f"accountant: {privacy['accountant'].upper()}.",
        "- Not covered: the figures of this card and the curves of the run, which were computed on the data "
        "as they are; the dev items, by which the temperature (and, where the recipe says so, the epoch) was "
        "chosen; how many units there are; and whether any item was left blank, by which blank is an answer.",
        "- The noise comes from a fast generator with a secret seed that was deleted after the run, not from "
        "a cryptographic one, and in ordinary floating point (no “secure mode”).",
        "- Each training spends its own ε. Of other models trained on the same conversations add theirs; one "
        "that was trained without differential privacy has no bound.",
    ]


def _membership(found: Part | None) -> str:
    if not found:
        return "Membership inference: not measured (too few conversations on either side)."
    low, high = (hundredths(edge) for edge in found["interval"])
    return (
        f"Membership inference: shown one conversation that the model was trained on and one that it was not "
        f"({found['split']} items), whoever takes the one with the smaller loss is right "
        f"**{hundredths(found['auc'])} of 100 times** (95 %: {low} to {high}; 50 is a coin). At one false "
        f"alarm in a hundred, {100 * found['tpr']:.1f} % of those trained on are found. From "
        f"{found['members']} and {found['others']} conversations; the plainest attack (Yeom et al. 2018), so "
        "others may do better."
    )


def _canaries(found: Part | None) -> str:
    if not found:
        return "Canaries: none were planted, so nothing is known about strings learned by heart."
    return (
        f"Canaries: {found['count']} made-up strings were planted {found['times']} time(s) each. Exposure "
        f"{found['mean']:.2f} bits on average, {found['highest']:.2f} at the most, where chance gives "
        f"{found['chance']:.2f} and the test can show {log2(found['candidates']):.0f} (Carlini et al. 2019). "
        "None of them is about anybody."
    )
