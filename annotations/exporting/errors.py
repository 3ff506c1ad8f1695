class CannotExport(ValueError):
    """This project's answers cannot be written in this format; the message says which can."""
