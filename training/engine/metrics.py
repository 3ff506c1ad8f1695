"""Classification reports from plain counts; every figure is a plain number, ready for JSON."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

Report = dict[str, Any]
SCORES = ("precision", "recall", "f1")


def figure(report: Mapping[str, Any], metric: str) -> float:
    """One number of a report: "micro_f1", "macro_f1", ... from their rows, any other by its own name."""
    value = report[metric.removesuffix("_f1")]["f1"] if metric.endswith("_f1") else report[metric]
    return float(value)


def scores(hits: int, predicted: int, support: int) -> dict[str, float | int]:
    """Precision, recall and F1; 0 where nothing was predicted or nothing was there, as in seqeval."""
    precision = hits / predicted if predicted else 0.0
    recall = hits / support if support else 0.0
    total = predicted + support
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * hits / total if total else 0.0,
        "support": support,
    }


def table(
    hits: Counter[str], predicted: Counter[str], support: Counter[str], labels: Sequence[str]
) -> Report:
    """Scores per label; micro (over all decisions), macro (mean over the labels that occur anywhere) and
    weighted (mean of the labels, each as often as it is true)."""
    rows = {label: scores(hits[label], predicted[label], support[label]) for label in labels}
    present = [row for label, row in rows.items() if predicted[label] or support[label]]
    chosen = set(labels)

    def mean(weights: Sequence[float | int]) -> dict[str, float | int]:
        whole = sum(weights) or 1
        parts = list(zip(present, weights, strict=True))
        return {name: sum(row[name] * weight for row, weight in parts) / whole for name in SCORES}

    def total(counts: Counter[str]) -> int:
        return sum(number for label, number in counts.items() if label in chosen)

    return {
        "labels": rows,
        "micro": scores(total(hits), total(predicted), total(support)),
        "macro": {**mean([1] * len(present)), "support": total(support)},
        "weighted": {**mean([row["support"] for row in present]), "support": total(support)},
    }


def pair_table(pairs: Counter[tuple[str, str]], labels: Sequence[str]) -> Report:
    """The table of counted (truth, prediction) pairs; other names than `labels` count as misses only."""
    hits, predicted, support = Counter[str](), Counter[str](), Counter[str]()
    for (truth, guess), count in pairs.items():
        support[truth] += count
        predicted[guess] += count
        hits[truth] += count if truth == guess else 0
    return table(hits, predicted, support, labels)


def confusion(pairs: Iterable[tuple[str, str]], labels: Sequence[str]) -> Report:
    """Rows are the truth, columns the prediction, both in the order of `labels`."""
    counts = Counter(pairs)
    return {
        "labels": list(labels),
        "matrix": [[counts[truth, predicted] for predicted in labels] for truth in labels],
    }


def single_report(
    truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str], *, blank: bool
) -> Report:
    """Exactly one label per unit; with `blank` the empty string is "none" in accuracy and confusion."""
    hits = Counter(label for label, guess in zip(truth, predicted, strict=True) if label == guess)
    report = table(hits, Counter(predicted), Counter(truth), labels)
    report["accuracy"] = hits.total() / len(truth) if truth else 0.0
    shown = [*labels, ""] if blank else list(labels)
    report["confusion"] = confusion(zip(truth, predicted, strict=True), shown)
    return {**report, "units": len(truth)}


def multi_report(
    truth: Sequence[Collection[str]], predicted: Sequence[Collection[str]], labels: Sequence[str]
) -> Report:
    """Any number of labels per unit; accuracy counts exactly equal sets; there is no confusion matrix."""
    pairs = [(set(a), set(b)) for a, b in zip(truth, predicted, strict=True)]
    report = table(
        Counter(label for a, b in pairs for label in a & b), Counter(label for _, b in pairs for label in b),
        Counter(label for a, _ in pairs for label in a), labels,
    )  # fmt: skip
    report["accuracy"] = sum(a == b for a, b in pairs) / len(pairs) if pairs else 0.0
    report["confusion"] = {"labels": [], "matrix": []}
    return {**report, "units": len(pairs)}


def span_report(
    truth: Collection[tuple[Any, ...]], predicted: Collection[tuple[Any, ...]], labels: Sequence[str]
) -> Report:
    """Strict entity scores: a span counts only with the same place, start, end and label (last element).

    The same figures as seqeval's strict mode on the corresponding BIO sequences.
    """
    gold, guessed = set(truth), set(predicted)
    return table(
        Counter(span[-1] for span in gold & guessed), Counter(span[-1] for span in guessed),
        Counter(span[-1] for span in gold), labels,
    )  # fmt: skip
