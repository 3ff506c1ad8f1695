"""How each kind of field's judgments become a posterior. A field names its family in `Field.method`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from annotations.aggregation.bayes import posterior_given_skill
from annotations.aggregation.inference import Inference, Posterior, infer, majority
from annotations.aggregation.judgments import Judgment
from annotations.aggregation.ordinal import fit_ordinal, ordinal_given_skill
from annotations.aggregation.ranking import fit_pairwise, pairwise_given_skill
from annotations.aggregation.skill import WorkerSkillEstimate
from annotations.aggregation.spans import fit_spans, spans_given_skill

Skill = Mapping[str, WorkerSkillEstimate]


@dataclass(frozen=True, slots=True)
class Family:
    """`fit` learns from all judgments of a project; `update` weighs one item's by what the last fit learned.

    `weighs_people`: verdicts are labels that can be right or wrong, so people have skills and known truth
    joins in. Without it (free text) every voice counts the same, and its doubt holds up no other field.
    """

    fit: Callable[[Sequence[Judgment]], Inference]
    update: Callable[[Sequence[Judgment], Skill, Mapping[str, float]], Posterior]
    weighs_people: bool = True
    # Several methods can weigh these judgments: `infer` takes them by name, and gold or the owner chooses.
    has_methods: bool = False


def family(name: str) -> Family:
    return FAMILIES[name]


def _vote(judgments: Sequence[Judgment]) -> Inference:
    return Inference(majority(judgments), {}, {})


FAMILIES: dict[str, Family] = {
    "dawid-skene": Family(infer, posterior_given_skill, has_methods=True),
    "spans": Family(fit_spans, spans_given_skill),
    "ordinal": Family(fit_ordinal, ordinal_given_skill),
    "pairwise": Family(fit_pairwise, pairwise_given_skill),
    "linked": Family(infer, posterior_given_skill, has_methods=True),
    "majority": Family(_vote, lambda judgments, skill, priors: majority(judgments), weighs_people=False),
}
