"""What the engine says when it cannot go on: one line that a person can act upon."""


class EngineError(ValueError):
    """A run, a model folder or an input that cannot be used; the message says why and what to do."""


class Cancelled(Exception):
    """Somebody asked the run to stop; a checkpoint has been written."""


class Busy(Exception):
    """Another process is already at work in the same run folder."""


def first_line(error: Exception) -> str:
    """What a library complains of, without the pages below it."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
