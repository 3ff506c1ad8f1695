"""Which pairs may answer at this moment."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.models import Consensus
from applications.customer_service.drafting import APPROVED
from applications.customer_service.models import Ground, Pair
from tasks_app.models import Item


def standing(pairs: QuerySet[Pair]) -> QuerySet[Pair]:
    """Those that may answer at this moment: what was withdrawn a second ago does not wait for a worker."""
    decided_now = Consensus.objects.filter(
        item=OuterRef("item"), field=OuterRef("field"),
        state__in=(Consensus.State.APPROVED, Consensus.State.CORRECTED),
    )  # fmt: skip
    good = Ground.objects.filter(Exists(decided_now), pair=OuterRef("pk"), holds=True, item__restricted=False)
    good = good.exclude(item__state=Item.State.WITHDRAWN).exclude(item__consent=False)
    return pairs.filter(~Q(source__in=APPROVED) | Exists(good), is_on=True, stands=True)
