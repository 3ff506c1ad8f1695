from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class QuickNegotiation(DefaultContentNegotiation):
    """DRF's own, spared for the many who take whatever they get: they get the first."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        asked = request.META.get("HTTP_ACCEPT", "*/*") != "*/*" or request.META.get("QUERY_STRING")
        if asked or format_suffix:
            return super().select_renderer(request, renderers, format_suffix)
        first = next(iter(renderers))
        return first, first.media_type
