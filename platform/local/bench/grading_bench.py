"""Education grading set up with its shipped data: seconds, agreement, missing points, what tricks achieve."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.bench import applications_bench

if TYPE_CHECKING:
    from local.bench.command import Settings

APPLICATION = "education-grading"


def run(settings: "Settings") -> dict[str, Any]:
    """The figures without the application's name before them."""
    report = applications_bench.run(replace(settings, only=APPLICATION))
    figures = {key.removeprefix(f"{APPLICATION}."): value for key, value in report["figures"].items()}
    return {"settings": report["settings"], "figures": figures}
