"""What has to stand wherever this application says something."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

TEMPLATE = "health-triage"


def words() -> str:
    return _(
        "This is no medical device. It sorts messages and does not replace an examination, a diagnosis or "
        "the advice of a doctor. A person has to check each suggestion. "
        "In an emergency call your local emergency number."
    )


def emergency() -> str:
    """Beside anything that may be of the highest urgency."""
    return _(
        "This may be an emergency. Do not wait for an answer here: call your local emergency number now."
    )


class WarningView(APIView):
    """Every answer of a view that extends this one, refusals too, carries the disclaimer."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if isinstance(response.data, dict):
            response.data = {**response.data, "disclaimer": words()}
        return super().finalize_response(request, response, *args, **kwargs)
