"""The model card: where a version comes from, how good it is, and where it must not be trusted."""

from typing import Any

from training import card_privacy, energy, tables
from training.card_header import header
from training.engine import metrics
from training.models import ModelVersion

_SHOWN_SETTINGS = ("epochs", "learning_rate", "batch_examples", "max_length", "seed")


def card_data(version: ModelVersion, artifact: dict[str, Any]) -> dict[str, Any]:
    """The facts, as JSON. `artifact` is what the engine wrote beside the weights (card.json)."""
    run, snapshot, model = version.run, version.snapshot, version.model
    return {
        "model": model.name,
        "version": version.number,
        "project": {"id": str(run.project_id), "title": run.project.title},
        "field": artifact["field"],
        "run": {"id": str(run.pk), "number": run.number, "attempts": run.attempt},
        "snapshot": {
            "id": str(snapshot.pk),
            "number": snapshot.number,
            "sha256": snapshot.sha256,
            "counts": snapshot.counts[model.field],
            "people": snapshot.people,
        },
        "languages": list(run.project.languages),
        "base_model": artifact["base_model"],
        "config": artifact["config"],
        "config_hash": version.config_hash,
        "data_hash": artifact["data_hash"],
        "training": {
            key: artifact.get(key)
            for key in ("engine", "torch", "device", "steps", "best_epoch", "training_seconds", "parameters")
        },
        "figures": version.metrics,
        "evaluation": artifact["report"],
    }


def render(data: dict[str, Any]) -> str:
    """The card in Markdown. It names no person and holds no item's text."""
    snapshot, training, config = data["snapshot"], data["training"], data["config"]
    counts = snapshot["counts"]
    recipe = ", ".join(f"{name} {config[name]}" for name in _SHOWN_SETTINGS)
    return "\n".join([
        *header(data),
        f"# {data['model']}, version {data['version']}",
        "",
        f"Answers the field “{data['field']['name']}” ({data['field']['type']}) of the project "
        f"“{data['project']['title']}”. Fine-tuned from `{data['base_model']}` on answers approved there.",
        "",
        "## Data",
        "",
        f"Snapshot {snapshot['number']}, SHA-256 `{snapshot['sha256']}`: {counts['train']} items to train, "
        f"{counts['dev']} to choose the best epoch, {counts['test']} to test, split by conversation; "
        f"answers of {snapshot['people']} people. Personal data was replaced before anyone read a text.",
        "",
        "## Training",
        "",
        f"Run {data['run']['number']} ({data['run']['attempts']} start(s)) on {training['device']}: "
        f"{training['steps']} steps in {training['training_seconds']:.0f} s, "
            f"{training['parameters']:,} parameters; "
        f"{recipe}. Configuration `{data['config_hash'][:12]}`, data `{data['data_hash'][:12]}`.",
        "",
        f"Energy: about {energy.estimated_wh(training['device'], training['training_seconds']):.2g} Wh, an "
        "estimate from the time and the usual draw of the device, without the rest of the machine.",
        "",
        *_erasures(data),
        *_lineage(data),
        "## Evaluation on the frozen test items",
        "",
        *_table(data["evaluation"]),
        "",
        *card_privacy.section(data["evaluation"]),
        "## Limits",
        "",
        f"The figures hold for texts like those of the project. {_trust(data['evaluation'])} "
        "Do not use it to decide about a person without a human in between.",
        "",
    ])  # fmt: skip


_ACTIONS = {
    "quarantine": "the version is in quarantine: it answers nobody",
    "retrain": "the version is in quarantine; another one is trained without the data",
    "keep": "the version is kept",
    "anonymised": "answers stayed as nobody's",
}


def _erasures(data: dict[str, Any]) -> list[str]:
    """What was erased since, each with what followed; nothing where there was no erasure."""
    found = data.get("erasures") or []
    if not found:
        return []
    lines = [
        f"- {one['at'][:10]}: {_ACTIONS[one['action']]}"
        + (f", on this ground: {one['legal_ground']}" if one["legal_ground"] else "")
        + (f"; {one['items']} item(s) of its snapshot" if one["items"] else "")
        + (f"; through version {one['through']}, which it was fine-tuned from" if one["through"] else "")
        for one in found
    ]
    return ["## Erasures since", "", *lines, ""]


def _lineage(data: dict[str, Any]) -> list[str]:
    return [
        "## Lineage and licence",
        "",
        f"Snapshot `{data['snapshot']['id']}`, run `{data['run']['id']}`. Which answers stand behind an "
        "example, and whether a person's are among them, can be asked of the platform that trained it. The "
        "people answered for this purpose, on the terms of that platform; no licence is granted with this "
        "file: the project's owner decides.",
        "",
    ]


def _trust(report: dict[str, Any]) -> str:
    """How far its confidence can be believed."""
    fitted = report.get("calibration")
    judged = (report.get("test") or report.get("dev") or {}).get("reliability")
    if not fitted or not judged or not judged["decisions"]:
        return "Confidence is not calibrated."
    return (
        f"Confidence is calibrated with temperature {fitted['temperature']:.2f}, fitted on the dev items: "
        f"on average it lies {judged['ece']:.3f} from the share that is right "
        f"(expected calibration error, {judged['decisions']:,} decisions)."
    )


def _table(report: dict[str, Any]) -> list[str]:
    tested = report.get("test")
    if not tested:
        return ["There were no test items."]
    figures = [name for name in tables.FIGURES if name in tested]
    figures += ["micro_f1"] if "micro" in tested else []
    baseline = report.get("baseline") or {}
    rule = f" In brackets: the best rule that reads no text ({baseline['name']})." if baseline else ""
    numbers = ", ".join(_number(name, tested, baseline) for name in figures)
    return [*_by_label(tested), f"{numbers[:1].upper()}{numbers[1:]}.{rule}"]


def _number(name: str, tested: dict[str, Any], baseline: dict[str, Any]) -> str:
    """Such as "accuracy 0.912 (0.334)"."""
    ruled = f" ({metrics.figure(baseline, name):.3f})" if baseline else ""
    return f"{name.replace('_', ' ')} {metrics.figure(tested, name):.3f}{ruled}"


def _by_label(tested: dict[str, Any]) -> list[str]:
    """A table of precision, recall and F1, where answers are labels."""
    if not tested.get("labels"):
        return []
    rows = [
        *tested["labels"].items(),
        *((name, tested[name]) for name in ("micro", "macro", "weighted") if name in tested),
    ]
    lines = ["| label | precision | recall | F1 | support |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {name.replace('|', '/')} | {row['precision']:.3f} | {row['recall']:.3f} | {row['f1']:.3f} "
        f"| {row['support']} |"
        for name, row in rows
    ]
    return [*lines, ""]
