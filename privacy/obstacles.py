"""What stands in the way of erasing an account: asked when it is wished for, decided and done."""

from uuid import UUID

from common.errors import Conflict, Problem
from privacy import holders


def refuse_unsettled(account: UUID, *, waives: bool) -> None:
    """Raises Conflict with what must be settled before the account can be erased."""
    found = [
        obstacle
        for obstacle in holders.obstacles(holders.Subject(account=account))
        if not (obstacle.waivable and waives)
    ]
    if found:
        words = " ".join(obstacle.text for obstacle in found)
        problems = [Problem("", obstacle.code, obstacle.text) for obstacle in found]
        raise Conflict(words, code="to_be_settled", problems=problems)
