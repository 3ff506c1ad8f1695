"""What finance monitors hold about a person: texts that name them, and alerts that they judged."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from applications.finance_monitor.counting import take_out
from applications.finance_monitor.models import Alert, NewsText
from privacy import mentions
from privacy.holders import Holding, Subject, Terms


class FinanceMonitorHolder:
    name = "finance_monitor"
    rank = 9

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        if subject.account is not None:
            rows = Alert.objects.filter(judged_by=subject.account).order_by("pk")
            yield Holding(
                "alerts_judged", _("Alerts that you judged"),
                (dict(row) for row in rows.values("topic", "start", "judged_true", "judged_at")),
                _("To raise fewer false alerts."), source=_("You."),
            )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        texts = list(self._naming(subject).select_for_update())
        for text in texts:
            if text.state == NewsText.State.READ:
                take_out(text)
        NewsText.objects.filter(pk__in=[text.pk for text in texts]).delete()
        judged = 0
        if subject.account is not None:
            judged = Alert.objects.filter(judged_by=subject.account).update(judged_by=None)
        found = {"news_texts": len(texts), "judged": judged}
        return {name: count for name, count in found.items() if count}

    def _naming(self, subject: Subject) -> QuerySet[NewsText]:
        """Public news names people in passing; what points at this one person goes, whole texts at a time."""
        values = mentions.telling(subject.values)
        found = NewsText.objects.none()
        for value in values:
            found = found | NewsText.objects.filter(text__icontains=value)
        return found

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """Nothing to mark: no label of a text is about a person, and none is trained on from here."""
        return {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = dict(mentions.count_mentions("finance_monitor", subject.values))
        if subject.account is not None:
            left["judged"] = Alert.objects.filter(judged_by=subject.account).count()
        return {name: count for name, count in left.items() if count}
