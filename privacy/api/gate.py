from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from common.errors import Forbidden
from privacy import gate
from privacy.services import notices


class NoticeSeen(BasePermission):
    """403 with the code `notice_required` until a new privacy notice is confirmed.

    A view that finishes what was begun (submitting an answer), or that serves a right, says
    `open_before_notice = True`. A token that may only ask models is a program's: it goes on.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if getattr(view, "open_before_notice", False) or not gate.has_to_read(request.user):
            return True
        if request.auth is not None and "full" not in getattr(request.auth, "scopes", ["full"]):
            return True
        raise Forbidden(
            _("There is a new privacy notice. Read it and confirm that you have seen it, then go on."),
            code="notice_required",
            notice=notices.known_number(),
            read=reverse("privacy-notice-seen"),
        )
