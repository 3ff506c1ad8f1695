"""The report of an error that Django mails to ADMINS or shows while developing: where, not about whom.

Values are never shown: not of local variables, forms, queries, headers, cookies or settings.
"""

from collections.abc import ItemsView
from types import FrameType
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from privacy.pii.logs import HIDDEN, message_of, scrub

_META = frozenset({"REQUEST_METHOD", "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_PROTOCOL", "SERVER_NAME"})


def kind_of(value: Any) -> Any:
    """What stands for a value: itself where it says nothing about anybody, else its type and size."""
    if value is None or isinstance(value, (bool, UUID)):
        return value
    size = f" of {len(value)}" if isinstance(value, (str, bytes, list, tuple, dict, set)) else ""
    return f"<{type(value).__name__}{size}>"


class HideValues(SafeExceptionReporterFilter):
    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_safe_settings(self) -> dict[str, Any]:
        return {}

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        meta: dict[str, Any] = {} if request is None else request.META
        return {name: value if name in _META else HIDDEN for name, value in meta.items()}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return {} if request is None else dict.fromkeys(request.COOKIES, HIDDEN)

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        return {} if request is None else dict.fromkeys(request.POST, HIDDEN)

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        return {name: kind_of(value) for name, value in tb_frame.f_locals.items()}.items()


class QuietReporter(ExceptionReporter):
    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        request = self.request
        data.update(
            exception_value=message_of(self.exc_value) if self.exc_value else HIDDEN,
            exception_notes="",
            unicode_hint="",
            user_str=_who(request),
            request_GET_items=[(name, HIDDEN) for name in request.GET] if request else [],
            request_FILES_items=[(name, HIDDEN) for name in request.FILES] if request else [],
            request_COOKIES_items=[],
            request_insecure_uri=scrub(request.path) if request else None,
            postmortem=None,
        )
        return data

    def get_traceback_frames(self) -> list[dict[str, Any]]:
        frames: list[dict[str, Any]] = super().get_traceback_frames()
        for frame in frames:
            if isinstance(cause := frame.get("exc_cause"), BaseException):
                frame["exc_cause"] = message_of(cause)
        return frames


def _who(request: HttpRequest | None) -> str:
    """An id: the name and the address of who is signed in stay out of the mail."""
    user = getattr(request, "user", None)
    return str(user.pk) if user is not None and user.is_authenticated else HIDDEN
