"""What a service refused, written into the form that asked for it."""

from django.forms import BaseForm

from common.errors import DomainError


def write_refusal(form: BaseForm, refused: DomainError) -> None:
    """Each problem beside the field that its pointer ends in, where the form has it; the rest above."""
    for problem in refused.problems:
        name = problem.pointer.rpartition("/")[2]
        form.add_error(name if name in form.fields else None, problem.detail)
    form.add_error(None, refused.message)
