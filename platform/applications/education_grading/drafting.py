"""A first version of the feedback to a learner, which a teacher may change. Pure, but for its words."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import override


def draft(*, score: int, top: int, points: Sequence[str], missing: Sequence[int], language: str) -> str:
    """Sentences in the learner's language: how good it is, and each point that is missing as the reference
    has it."""
    with override("zh-hans" if language.startswith("zh") else "en"):
        lines = [_opening(score, top)]
        if missing and score < top:
            lines.append(_("What your answer does not say yet:"))
            lines += [f"- {points[number]}" for number in missing]
        elif score < top:
            lines.append(_("Compare it with the reference answer once more."))
        return "\n".join(lines)


def _opening(score: int, top: int) -> str:
    if score == top:
        return _("Very good: your answer has every point.")
    if 2 * score >= top:
        return _("Good: much of it is right.")
    if score:
        return _("A beginning: some of it is right.")
    return _("This does not answer the question yet.")
