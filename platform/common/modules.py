"""The ES modules under static/js/: what imports what, and files whose names tell their content.

A browser learns of a module's imports only when it has read the module, one round trip for each step. Pages
name them all in their head instead (`{% modulepreload %}`), and every one can be kept for good.
"""

import posixpath
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.staticfiles import finders
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Only what stands at the beginning of a line: types in comments are written import("…") as well.
_IMPORT = re.compile(r'^(?:import|export)\b[^"\n]*"(\.[^"]+)";$', re.MULTILINE)
_FROM = r'(?m)(?P<matched>^(?P<what>(?:import|export)\b[^"\n]*)"(?P<url>\.[^"]+)";)'
_LATER = r'(?P<matched>import\("(?P<url>\.[^"]+)"\)\.then)'


class ModuleStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it has no types
    """Imports name the hashed files too, so that browsers need not ask for them again."""

    max_post_process_passes = 12  # one for each step of the longest chain of imports
    patterns: ClassVar[Any] = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((_FROM, '%(what)s"%(url)s";'), (_LATER, 'import("%(url)s").then'))),
    )


def modules_of(name: str) -> list[str]:
    """`name` and all that it imports, nearest first, as names of static files ("js/workbench/index.js")."""
    return list(_modules_of(name) if not settings.DEBUG else _modules_of.__wrapped__(name))


@lru_cache(maxsize=64)
def _modules_of(name: str) -> tuple[str, ...]:
    found, waiting = [name], [name]
    while waiting:
        here = waiting.pop(0)
        path = finders.find(here)
        if path is None:
            raise FileNotFoundError(here)
        for url in _IMPORT.findall(Path(str(path)).read_text(encoding="utf-8")):
            there = posixpath.normpath(posixpath.join(posixpath.dirname(here), url))
            if there not in found:
                found.append(there)
                waiting.append(there)
    return tuple(found)
