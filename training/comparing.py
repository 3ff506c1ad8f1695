"""Any two versions of a model on the same test items, computed in the background and kept."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from django.db import close_old_connections

from training import background, versus
from training.engine.errors import EngineError
from training.models import VersionComparison

BEAT = 20.0


def execute(comparison_id: UUID) -> None:
    """Claim a queued wish and fulfil it. A second delivery finds nothing to claim."""
    wish = background.claim(VersionComparison, comparison_id)
    if wish is None:
        return
    with background.ending(wish, EngineError, OSError), _alive(wish):
        parts = versus.differences(wish.version, wish.other)
        background.update(wish, state=background.State.DONE, claim=None, parts=parts)


@contextmanager
def _alive(wish: VersionComparison) -> Iterator[None]:
    """An evaluation may be silent for longer than a worker is waited for."""
    done = threading.Event()

    def beat() -> None:
        with suppress(background.Lost):
            while not done.wait(BEAT):
                background.update(wish)
        close_old_connections()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
