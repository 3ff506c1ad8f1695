"""Django's PostgreSQL backend, cheaper at the start of a request and ready for prepared statements."""

import select
from typing import Any

from django.db.backends.postgresql import base

# A prepared statement is planned once and for all: each of ours has one good plan, whatever the values.
_GENERIC_PLANS = "-c plan_cache_mode=force_generic_plan"


class DatabaseWrapper(base.DatabaseWrapper):
    """`prepared`: the names of the statements that this connection knows (see `common.prepared`)."""

    prepared: set[str]

    def get_connection_params(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_connection_params()
        options = f"{parameters.get('options', '')} {_GENERIC_PLANS}"
        return {**parameters, "options": options.strip()}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.prepared = set()
        return super().get_new_connection(conn_params)

    def is_usable(self) -> bool:
        """Asked at the start of each request. Only a connection that has something to say is asked back.

        PostgreSQL speaks unasked when it takes leave; so a silent connection is taken for a living one, which
        saves a round trip in each request.
        """
        if self.connection is None or self.connection.closed:
            return False
        return not _has_something_to_say(self.connection.fileno()) or bool(super().is_usable())


def _has_something_to_say(descriptor: int) -> bool:
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(0))
