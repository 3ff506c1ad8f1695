"""What stops a local command: one sentence for the person at the terminal, with what to do about it."""


class LocalError(Exception):
    """Shown without a traceback; the command ends with `exit_code`."""

    exit_code = 1
