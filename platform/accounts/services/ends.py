"""Long work ends with a word to whoever asked for it: they need not wait on its page."""

from accounts.models import User
from accounts.services.notifications import notify
from common.ends import EndNote


def tell_end(note: EndNote | None, *, good: bool) -> None:
    """Within the transaction that writes the end: told once, and never of an end that did not come."""
    if note is None or note.person is None or not User.objects.filter(pk=note.person).exists():
        return
    kind = "work_done" if good else "work_failed"
    notify(user_id=note.person, kind=kind, url=note.url, work=note.work, project=note.about)
