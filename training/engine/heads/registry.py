"""Which head is which; a further one is one more module, one more line here and one in config.HEADS."""

from training.engine.heads.base import Head, Settings
from training.engine.heads.choice import ChoiceHead
from training.engine.heads.embedding import EmbeddingHead
from training.engine.heads.rank import RankHead
from training.engine.heads.relation import RelationHead
from training.engine.heads.scale import ScaleHead
from training.engine.heads.span import SpanHead
from training.engine.heads.text import TextHead

HEADS: dict[str, type[Head]] = {
    "span": SpanHead, "choice": ChoiceHead, "scale": ScaleHead, "rank": RankHead, "relation": RelationHead,
    "text": TextHead, "embedding": EmbeddingHead,
}  # fmt: skip


def make_head(name: str, settings: Settings) -> Head:
    return HEADS[name](settings)
