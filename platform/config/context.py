from typing import Any

from django.http import HttpRequest

from accounts import roles


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page knows: the roles of whoever looks at it."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {"roles": roles.site_roles(user) if signed_in else set()}
