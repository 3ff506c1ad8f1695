"""Find the server programs that come inside wheels, without importing (and so running) the packages."""

from importlib.util import find_spec
from pathlib import Path

from local.errors import LocalError


def wheel_file(package: str, wheel: str, variable: str, *parts: str) -> Path:
    """The path of one file of an installed wheel.

    Raises LocalError, naming the wheel to install and the variable that replaces it, when it is not there.
    """
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(folder, *parts)).exists():
            return path
    raise LocalError(
        f"The wheel {wheel} is not installed, or has no {parts[-1]} for this kind of machine. "
        f"Run `python3 manage.py install`, or set {variable} to a server of your own."
    )
