from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from privacy.sharing import heed_signal


class GlobalPrivacyControl:
    """Heeds `Sec-GPC: 1` as an opt-out of sale and sharing (Cal. Code Regs. tit. 11 §7025), and records it.

    Of people who are signed in; about others there is nothing that could be shared. Once in a session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        account = request.user.pk if request.headers.get("Sec-GPC") == "1" else None
        if account is not None and not request.session.get("gpc"):
            heed_signal(account)
            request.session["gpc"] = True
        return self.get_response(request)
