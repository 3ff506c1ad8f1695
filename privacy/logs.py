"""Every record of every logger in a process, whatever handler it goes to, is made clean as it is made.

A record factory and not a filter on handlers: Celery, Granian and libraries bring handlers of their own. The
settings name `configure` as LOGGING_CONFIG, so it holds wherever Django is set up.
"""

import logging
import logging.config
import sys
import threading
from importlib import import_module
from types import TracebackType
from typing import Any

_CONTAINERS = (dict, list, set, frozenset, tuple, bytes)


def configure(settings: dict[str, Any]) -> None:
    """What Django calls with LOGGING."""
    logging.setLogRecordFactory(CleanRecord)
    logging.config.dictConfig(settings)
    if not sys.stderr.isatty():  # a person at a terminal may see their own error whole
        sys.excepthook = _tell
        threading.excepthook = _tell_of_thread


def _tell(_kind: type[BaseException], error: BaseException, _at: TracebackType | None) -> None:
    """What nobody caught goes to stderr, which is a log file for the programs that run here."""
    sys.stderr.write(_core().traceback_of(error) + "\n")


def _tell_of_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None and not isinstance(told.exc_value, SystemExit):
        sys.stderr.write(_core().traceback_of(told.exc_value) + "\n")


class CleanRecord(logging.LogRecord):
    """Its message is whole, scrubbed and without arguments; its traceback is told without values.

    `exc_info` stays for the reporter that Django mails, which hides values by itself (privacy/reports.py).
    """

    def __init__(
        self, name: str, level: int, pathname: str, lineno: int, msg: object, args: Any,
        exc_info: Any, func: str | None = None, sinfo: str | None = None, **extra: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, level, pathname, lineno, msg, args, exc_info, func, sinfo, **extra)
        core = _core()
        text = _formatted(core, msg, self.args)
        if exc_info and isinstance(exc_info, tuple) and exc_info[1] is not None:
            self.exc_text = core.traceback_of(exc_info[1])
            text = core.hide_quoted(text)
        self.msg, self.args = core.scrub(text), None


def _core() -> Any:
    # Loading the detectors takes half a second, which only a process that logs something has to pay.
    return import_module("privacy.pii.logs")


def _formatted(core: Any, msg: object, args: Any) -> str:
    """The message with its arguments; errors among them are told by `message_of`."""
    template = core.message_of(msg) if isinstance(msg, BaseException) else str(msg)
    if isinstance(args, dict) and "%(" not in template:
        args = (args,)  # logging takes a lone dict for named arguments
    if isinstance(args, dict):
        args = {name: _argument(core, one) for name, one in args.items()}
    elif args:
        args = tuple(_argument(core, one) for one in args)
    try:
        return str(template % args) if args else template
    except (TypeError, ValueError, KeyError):
        return template  # as a mistake in a log call must not become an error


def _argument(core: Any, value: Any) -> Any:
    if isinstance(value, BaseException):
        return core.message_of(value)
    if hasattr(value, "_meta") and hasattr(value, "pk"):  # a row: its name may be a person's
        return f"{value._meta.label_lower} {value.pk}"
    # Containers print as the repr of what is in them; Celery prints errors and arguments so.
    return core.hide_quoted(repr(value)) if isinstance(value, _CONTAINERS) else value
