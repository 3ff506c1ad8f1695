from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts import roles


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page knows: the roles, here or in any project, of whoever looks at it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"roles": set()}
    return {"roles": roles.roles_anywhere(user), "sign_in_providers": bool(settings.SOCIALACCOUNT_PROVIDERS)}
