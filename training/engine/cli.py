"""The engine by hand: fit a run folder, evaluate a model on a data file, predict JSON lines."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from training.engine.artifact import Predictor, load
from training.engine.data import read_arrow
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import write_outcomes
from training.engine.fit import FAILED, SUCCEEDED, fit
from training.engine.payload import turns_of
from training.engine.survey import survey_file

_LINES_AT_ONCE = 64


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "fit":
            return fit(options.run_dir, verbose=options.verbose, cache=options.cache)
        if options.command == "evaluate":
            return _evaluate(options)
        if options.command == "runtime":
            return _runtime(options.model_dir, options.data, options.int8, options.threads)
        if options.command == "survey":
            survey_file(
                options.data, options.out, base=options.base, model_dir=options.model, device=options.device
            )
            return SUCCEEDED
        return _predict(load(options.model_dir, options.device), sys.stdin)
    except EngineError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.engine", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "fit", help="train in RUN_DIR (config.json, train.arrow, dev.arrow, test.arrow)"
    )
    run.add_argument("run_dir", type=Path)
    run.add_argument("--verbose", action="store_true", help="print each event as well")
    run.add_argument("--cache", type=Path, help="keep tokenized data in this folder for the next run")
    judge = commands.add_parser("evaluate", help="print the classification report on a labelled data file")
    judge.add_argument("model_dir", type=Path)
    judge.add_argument("data", type=Path)
    judge.add_argument("--out", type=Path, help="write the report here instead")
    judge.add_argument("--outcomes", type=Path, help="write what came of each row here (Arrow)")
    guess = commands.add_parser("predict", help="JSON lines of items in, JSON lines of answers out")
    guess.add_argument("model_dir", type=Path)
    serve = commands.add_parser("runtime", help="choose what computes a model here: torch or ONNX Runtime")
    serve.add_argument("model_dir", type=Path)
    serve.add_argument("data", type=Path, help="rows on which all must say the same")
    serve.add_argument("--int8", action="store_true", help="also try weights of 8 bits")
    serve.add_argument("--threads", type=int, default=1)
    look = commands.add_parser(
        "survey", help="vectors of the items of a data file, and a model's doubt of them"
    )
    look.add_argument("data", type=Path)
    look.add_argument("--out", type=Path, required=True, help="the npz file to write")
    look.add_argument("--base", default="starter", help="the encoder that gives the vectors")
    look.add_argument("--model", type=Path, help="the model folder whose doubt is wanted")
    for command in (judge, guess, look):
        command.add_argument("--device", help="auto (default), cpu, cuda, cuda:1")
    return parser


def _evaluate(options: argparse.Namespace) -> int:
    rows = list(read_arrow(options.data))
    report, found = load(options.model_dir, options.device).judge(rows)
    text = json.dumps(report, ensure_ascii=False, indent=2)
    if options.outcomes:
        write_outcomes(options.outcomes, found)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)  # noqa: T201
    return SUCCEEDED


def _runtime(model_dir: Path, data: Path, int8: bool, threads: int) -> int:
    # What exports is imported for this alone: a training run does without it.
    choosing = import_module("training.engine.runtime_choice")
    rows = list(islice(read_arrow(data), choosing.MOST_ROWS))
    choice = choosing.choose(model_dir, rows, int8=int8, threads=threads)
    print(json.dumps(choice, ensure_ascii=False, indent=2))  # noqa: T201
    return SUCCEEDED


def _predict(predictor: Predictor, lines: Iterable[str]) -> int:
    """One answer line per input line, in order; a line that is no item gives an error and exit code 1."""
    code, numbered = SUCCEEDED, enumerate(lines, start=1)
    while chunk := list(islice(numbered, _LINES_AT_ONCE)):
        for answer in _answers(predictor, chunk):
            code = FAILED if "error" in answer else code
            print(json.dumps(answer, ensure_ascii=False), flush=True)  # noqa: T201
    return code


def _answers(predictor: Predictor, chunk: list[tuple[int, str]]) -> Iterator[dict[str, Any]]:
    items = [_item(number, line) for number, line in chunk]
    good = [item for item in items if "error" not in item]
    predictions = iter(predictor.predict([item["payload"] for item in good]))
    for item in items:
        if "error" in item:
            yield item
        else:
            yield ({"id": item["id"]} if item["id"] is not None else {}) | asdict(next(predictions))


def _item(number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
        payload = record.get("payload", record) if isinstance(record, dict) else record
        turns_of(payload)
    except ValueError as error:  # broken JSON and EngineError alike
        return {"line": number, "error": str(error)}
    return {"id": record.get("id"), "payload": payload}
