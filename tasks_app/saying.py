"""What a pure core says of a schema or an item, in the reader's language."""

from django.utils.translation import gettext

from tasks_app.fields.problem import Problem, Said


def in_words(problem: Problem) -> str:
    """Its detail; the code and the pointer are the same in every language."""
    detail = problem.detail
    if not isinstance(detail, Said):
        return detail
    words = gettext(detail.template)
    return words % detail.values if detail.values else words
