"""The YAML header of a model card, as the Hugging Face hub reads it (its model card metadata format)."""

import json
from collections.abc import Mapping
from typing import Any

_TASKS = {
    "choice": "text-classification", "span": "token-classification", "scale": "text-classification",
    "rank": "text-ranking", "relation": "text-classification", "text": "text-generation",
    "embedding": "sentence-similarity",
}  # fmt: skip


def header(data: Mapping[str, Any]) -> list[str]:
    """The lines between and with the two rules. Strings are JSON strings, which YAML takes as they are."""
    task = _TASKS.get(str(data["field"].get("type")), "text-classification")
    languages = data.get("languages") or []
    lines = ["---", f"license: {_text(data.get('licence') or 'other')}"]
    lines += ["language:", *(f"- {_text(code)}" for code in languages)] if languages else []
    lines += ["library_name: transformers", f"pipeline_tag: {task}"]
    lines += [f"base_model: {_text(data['base_model'])}"] if "/" in str(data["base_model"]) else []
    lines += ["tags:", "- manyhands", f"- {_text(data['field'].get('type', ''))}"]
    lines += ["- differential-privacy"] if data["evaluation"].get("privacy") else []
    return [*lines, *_index(data, task), "---", ""]


def _index(data: Mapping[str, Any], task: str) -> list[str]:
    """model-index: the test figure, on the snapshot by its hash."""
    figures = data["figures"]
    if figures.get("test") is None:
        return []
    snapshot = data["snapshot"]
    named = f"Snapshot {snapshot['number']} of {data['project']['title']}"
    return [
        "model-index:",
        f"- name: {_text(data['model'])}",
        "  results:",
        f"  - task: {{type: {task}}}",
        "    dataset:",
        f"      name: {_text(named)}",
        f"      type: {_text(data['model'])}",
        "      split: test",
        f"      revision: {_text(snapshot['sha256'])}",
        "    metrics:",
        f"    - {{type: {_text(figures['metric'])}, value: {figures['test']:.4f}}}",
    ]


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)
