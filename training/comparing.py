"""Any two versions of a model on the same test items, computed in the background and kept."""

from uuid import UUID

from training import background, versus
from training.engine.errors import EngineError
from training.models import VersionComparison


def execute(comparison_id: UUID) -> None:
    """Claim a queued wish and fulfil it. A second delivery finds nothing to claim."""
    wish = background.claim(VersionComparison, comparison_id)
    if wish is None:
        return
    with background.ending(wish, EngineError, OSError), background.alive(wish):

        def tell(share: float) -> None:
            background.update(wish, progress=int(100 * share))

        parts = versus.differences(wish.version, wish.other, tell)
        background.update(wish, state=background.State.DONE, claim=None, parts=parts)
