"""What a demo has shown: the figures as JSON, and the same for people."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from local.demo.people import SignIn


@dataclass(frozen=True)
class Step:
    """One step of the loop, as it begins (`running`) and as it ends."""

    name: str
    state: Literal["running", "done", "failed"]
    seconds: float = 0.0
    detail: str = ""


@dataclass
class DemoReport:
    """All figures of one demo; accuracies are 0..1 (F1 for spans), money is in minor units."""

    source: str = ""
    truth_made_by_rules: bool = False
    steps: list[Step] = field(default_factory=list)
    items: int = 0
    answers: int = 0
    agreement_by_field: dict[str, float] = field(default_factory=dict)
    consensus_by_field: dict[str, float] = field(default_factory=dict)
    majority_by_field: dict[str, float] = field(default_factory=dict)
    reviewed: dict[str, int] = field(default_factory=dict)
    paid_minor: int = 0
    currency: str = "USD"
    findings: int = 0
    planted: int = 0
    planted_missed: int = 0
    evaluation: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    baseline: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    sign_ins: list[tuple[str, SignIn]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return bool(self.steps) and all(step.state == "done" for step in self.steps)

    @property
    def failure(self) -> Step | None:
        return next((step for step in self.steps if step.state == "failed"), None)

    def to_json(self) -> dict[str, Any]:
        """The report of `up --once --report FILE`; passwords are not in it."""
        plain = {key: value for key, value in asdict(self).items() if key not in {"steps", "sign_ins"}}
        return {
            "ok": self.ok,
            "steps": [_step_json(step) for step in self.steps],
            "agreement": _mean(self.agreement_by_field),
            "consensus_accuracy": _mean(self.consensus_by_field),
            "majority_accuracy": _mean(self.majority_by_field),
            **plain,
        }


def _step_json(step: Step) -> dict[str, Any]:
    plain = {"name": step.name, "seconds": round(step.seconds, 2), "ok": step.state == "done"}
    return {**plain, "detail": step.detail} if step.detail else plain


def _mean(values: Mapping[str, float]) -> float | None:
    return round(sum(values.values()) / len(values), 4) if values else None


def print_report(report: DemoReport, console: Console | None = None) -> None:
    """The whole report in the terminal, sign-ins last so that they stay in sight."""
    console = console or Console()
    parts: list[RenderableType] = [_steps_table(report), _figures_table(report)]
    parts += [_quality_table(report)] if report.majority_by_field else []
    parts += [_model_table(name, report) for name in report.evaluation]
    parts += [_sign_in_table(report.sign_ins)] if report.sign_ins else []
    failed = report.failure
    verdict = f"failed at “{failed.name}”: {failed.detail}" if failed else "every step worked"
    title = "Manyhands demo loop"
    console.print(
        Panel(Group(*parts), title=title, subtitle=verdict, border_style="red" if failed else "green")
    )


def _table(title: str, *columns: str, rows: Iterable[Iterable[str]] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False, box=None)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number and column else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _steps_table(report: DemoReport) -> Table:
    mark = {"done": "[green]ok[/]", "failed": "[red]failed[/]", "running": "…"}
    table = _table("Steps", "step", "seconds", "")
    for step in report.steps:
        table.add_row(step.name, f"{step.seconds:.1f}", f"{mark[step.state]}  {step.detail}")
    table.add_row("[bold]all", f"[bold]{sum(step.seconds for step in report.steps):.1f}", "")
    return table


def _figures_table(report: DemoReport) -> Table:
    found = f"{report.findings} replaced"
    if report.planted:
        found += f"; of {report.planted} planted, {report.planted - report.planted_missed} are gone"
    reviewed = ", ".join(f"{count} {name}" for name, count in report.reviewed.items()) or "none"
    truth = (
        "made by rules (the file has none)" if report.truth_made_by_rules else "written with the dialogues"
    )
    rows = [
        ("dialogues", f"{report.items} from {report.source}"),
        ("hidden truth", truth),
        ("answers", str(report.answers)),
        ("personal data", found),
        ("reviewed", reviewed),
        ("paid", f"{report.paid_minor / 100:.2f} {report.currency}"),
    ]
    return _table("\nFigures", "", "", rows=rows)


def _quality_table(report: DemoReport) -> Table:
    rows = [
        (
            name,
            _share(report.agreement_by_field.get(name)),
            _share(majority),
            f"[bold]{_share(report.consensus_by_field.get(name))}",
        )
        for name, majority in report.majority_by_field.items()
    ]
    title = "\nAgainst the hidden truth (choices: share right; spans: F1 of exact spans)"
    return _table(title, "field", "agreement (alpha)", "majority vote", "consensus", rows=rows)


def _model_table(name: str, report: DemoReport) -> Table:
    """The classification report on the frozen test items, the majority-class baseline beside it."""
    test, baseline = report.evaluation[name], report.baseline.get(name, {})
    title = f"\nModel for {name} {report.models.get(name, '')} on frozen test dialogues"
    table = _table(title, "label", "precision", "recall", "F1", "support", "baseline F1")
    for label, figures in test.get("labels", {}).items():
        plain = baseline.get("labels", {}).get(label, {})
        shares = [_share(figures.get(key)) for key in ("precision", "recall", "f1")]
        table.add_row(label, *shares, str(figures.get("support", "")), _share(plain.get("f1")))
    for key in ("accuracy", "micro", "macro"):
        if key in test:
            value, plain = _headline(test[key]), _headline(baseline.get(key))
            table.add_row(f"[bold]{key}", "", "", f"[bold]{_share(value)}", "", _share(plain))
    return table


def _headline(value: Any) -> float | None:
    return value.get("f1") if isinstance(value, Mapping) else value


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _sign_in_table(sign_ins: Iterable[tuple[str, SignIn]]) -> Table:
    rows = [(role, who.email, who.password) for role, who in sign_ins]
    return _table("\nSign in (shown once)", "role", "e-mail", "password", rows=rows)
