"""The part of a model's page about how its versions come to answer."""

from typing import Any

from django.utils.translation import gettext as _

from training.models import Model, ModelVersion, Preannotation, Rollout, ServingRuntime

RUNTIMES = {
    "torch": "PyTorch", "torch-bf16": "PyTorch, bf16",
    "onnx": "ONNX Runtime", "onnx-int8": "ONNX Runtime, int8",
}  # fmt: skip
PAST = 5


def context(model: Model) -> dict[str, Any]:
    usable = model.versions.filter(quarantined_at=None).select_related("runtime")
    versions = list(usable.order_by("-number")[:20])
    running = model.rollouts.filter(state=Rollout.State.RUNNING).select_related("version", "baseline")
    past = model.rollouts.exclude(state=Rollout.State.RUNNING).select_related("version", "baseline")
    wish = (
        Preannotation.objects.filter(version__model=model).select_related("version").order_by("-pk").first()
    )
    serving = next((v for v in versions if v.stage == ModelVersion.Stage.PRODUCTION), None)
    return {
        "model": model,
        "serving": serving,
        "others": [version for version in versions if version != serving],
        "suggesting": versions,
        "wish": wish,
        "wish_state": work_state(wish.state) if wish else "",
        "rollouts": [rollout_view(row) for row in running],
        "past_rollouts": [rollout_view(row) for row in past.order_by("-ended_at")[:PAST]],
        "runtimes": [runtime_view(version) for version in versions[:PAST]],
        "live": _seconds(versions[:PAST], wish, trials=bool(running)),
    }


def _seconds(versions: list[ModelVersion], wish: Preannotation | None, *, trials: bool) -> int:
    """After how long the page asks again; 0 where nothing changes by itself."""
    if (wish and wish.is_live) or any(is_measured(version) for version in versions):
        return 5
    return 30 if trials else 0


def is_measured(version: ModelVersion) -> bool:
    """Whether its runtime is being measured just now."""
    wish: ServingRuntime | None = getattr(version, "runtime", None)
    return bool(wish and wish.is_live)


def work_state(state: str) -> str:
    return {
        "queued": _("queued"), "running": _("running"), "done": _("done"), "failed": _("failed"),
        "cancelled": _("cancelled"),
    }[state]  # fmt: skip


def rollout_view(row: Rollout) -> dict[str, Any]:
    states = {
        "running": (_("running"), "live"), "stopped": (_("stopped"), ""),
        "promoted": (_("promoted"), "good"), "rolled_back": (_("rolled back"), "bad"),
    }  # fmt: skip
    return {
        "row": row,
        "kind": _("Canary") if row.kind == Rollout.Kind.CANARY else _("Shadow"),
        "state": states[row.state][0],
        "tone": states[row.state][1],
        "percent": round(100 * row.share),
        "facts": _canary_facts(row) if row.kind == Rollout.Kind.CANARY else _shadow_facts(row),
        "labels": [
            (entry["label"], str(entry["production"]), str(entry["shadow"]))
            for entry in row.figures.get("labels", [])
        ],
    }


def _canary_facts(row: Rollout) -> list[str]:
    arms = [(_("this version"), row.figures.get("canary")), (_("production"), row.figures.get("production"))]
    facts = [
        _("%(who)s: %(rate)d %% satisfied of %(voices)d voices")
        % {"who": who, "rate": round(100 * arm["rate"]), "voices": arm["voices"]}
        for who, arm in arms
        if arm and arm["rate"] is not None
    ]
    if apart := row.figures.get("difference"):
        facts.append(
            _("difference %(value)+.0f points, 95 %% interval %(low)+.0f to %(high)+.0f")
            % {key: 100 * apart[key] for key in ("value", "low", "high")}
        )
    return facts or [_("Nobody has said anything about either yet.")]


def _shadow_facts(row: Rollout) -> list[str]:
    compared = row.figures.get("compared") or 0
    if not compared:
        return [_("No request was compared yet.")]
    agreement = 100 * row.figures["agreement"]
    return [
        _("%(share).1f %% equal answers of %(n)d compared requests") % {"share": agreement, "n": compared}
    ]


def runtime_view(version: ModelVersion) -> dict[str, Any]:
    wish: ServingRuntime | None = getattr(version, "runtime", None)
    choice = wish.choice if wish else None
    return {
        "version": version,
        "state": work_state(wish.state) if wish else "",
        "live": bool(wish and wish.is_live),
        "measured_at": int(wish.heartbeat_at.timestamp()) if wish and wish.heartbeat_at else 0,
        "reason": wish.reason if wish else "",
        "name": RUNTIMES.get(choice["chosen"], choice["chosen"]) if choice else "",
        "why": choice["why"] if choice else "",
        "rows": [
            (
                RUNTIMES.get(one["runtime"], one["runtime"]),
                f"{one['alone_ms']:.2f}" if one["alone_ms"] else "–",
                f"{one['together_ms']:.2f}" if one["together_ms"] else "–",
                f"{one['agreement']:.1%}",
                one["refused"] or (_("chosen") if one["runtime"] == choice["chosen"] else ""),
            )
            for one in choice["measured"]
        ]
        if choice
        else [],
    }
