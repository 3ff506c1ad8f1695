"""Truth from any crowd's labels, without a project."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.aggregation.inference import DEFAULT, METHODS, TooManyLabels, infer
from annotations.aggregation.judgments import Judgment
from annotations.aggregation.table import BadTable, read_judgments, read_truth, score_methods, write_truth


class Command(BaseCommand):
    help = "Work out the true labels from a table of task, worker, label (.csv or .tsv, also .gz)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("labels", type=Path, metavar="LABELS.csv")
        parser.add_argument("--out", type=Path, required=True, metavar="TRUTH.csv")
        parser.add_argument("--method", choices=METHODS, default=DEFAULT)
        parser.add_argument(
            "--truth", type=Path, help="known labels (task, label): print each method's accuracy"
        )

    def handle(
        self, *args: Any, labels: Path, out: Path, method: str, truth: Path | None, **options: Any
    ) -> None:
        try:
            judgments = read_judgments(labels)
            known = read_truth(truth) if truth else {}
            tasks = write_truth(out, infer(judgments, method=method))
        except (BadTable, TooManyLabels) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{tasks} tasks from {len(judgments)} labels by {method} -> {out}")
        if truth:
            self._print_scores(judgments, known, method)

    def _print_scores(self, judgments: list[Judgment], truth: dict[str, str], chosen: str) -> None:
        methods = tuple(method for method in METHODS if method != chosen)
        for score in score_methods(judgments, truth, (chosen, *methods), always=chosen):
            if score.accuracy is None:
                self.stdout.write(f"{score.method:12}     -    {score.note}")
            else:
                figures = f"{score.accuracy:.4f}  {score.correct}/{score.compared}  {score.seconds:.1f} s"
                self.stdout.write(f"{score.method:12}  {figures}")
