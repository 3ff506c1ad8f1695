"""Tells people what the gate replaced in what they typed: on the next page, as a toast, or in a header."""

from collections import Counter
from collections.abc import Callable
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from common.gate import replacements
from privacy.kinds import kind_name

COUNTS, WORDS = "Privacy-Replaced", "Privacy-Replaced-Words"
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class TellReplaced:
    """Stands after the message middleware, whose messages are stored once this has returned."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with replacements() as kinds:
            response = self.get_response(request)
        if kinds and response.status_code < 400:
            name_replaced(response, kinds)
            if response.status_code >= 300:
                messages.info(request, sentence(kinds))
        return response


def name_replaced(response: HttpResponseBase, kinds: Counter[str]) -> None:
    """`Privacy-Replaced: EMAIL=1, PERSON=2` for programs; the words, percent-encoded, for pages."""
    response.headers[COUNTS] = ", ".join(f"{kind}={n}" for kind, n in sorted(kinds.items()))
    response.headers[WORDS] = quote(sentence(kinds))


def sentence(kinds: Counter[str]) -> str:
    found = ", ".join(f"{kind_name(kind)} ({n})" for kind, n in sorted(kinds.items()))
    return _(
        "Personal data in what you wrote was replaced before it was stored: %(found)s. "
        "Others read it, and nobody has to know who it was."
    ) % {"found": found}
