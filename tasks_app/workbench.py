"""What the workbench page is told at its start; everything later comes over REST."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.currencies import minor_places
from common.templatetags.show import markdown
from rewards.models import Recognition
from tasks_app import selectors
from tasks_app.models import Assignment, Project

_LONGEST_LEASE = timedelta(days=14)  # a week at most, and renewed while somebody is at work


def workbench_config(project: Project, user: User) -> dict[str, Any]:
    entry = next(iter(selectors.catalogue(user, only=project.pk)), None)
    mine = Assignment.objects.filter(worker=user, state=Assignment.State.SUBMITTED)
    done = mine.filter(project=project).count()
    start = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    # The second bound walks the index of a person's history instead of all that they ever did.
    today = mine.filter(closed_at__gte=start, created_at__gte=start - _LONGEST_LEASE)
    earned = today.filter(project__currency=project.currency).aggregate(n=Sum("reward_minor"))["n"] or 0
    return {
        "project": {
            "id": str(project.pk),
            "title": project.title,
            "instructions_html": str(markdown(project.instructions)),
            "reward": {"amount_minor": project.reward_minor, "currency": project.currency},
            "places": minor_places(project.currency),
            "hourly_minor": entry.rate.median_minor if entry else None,
            "language": project.languages[0] if project.languages else "en",
            "undo_seconds": project.undo_seconds,
            # A second tab must find something to do as well, so the first one leaves two.
            "ahead": {
                "most": settings.LIVE_LEASES - 2,
                "seconds": settings.OFFLINE_SECONDS,
                "lease": project.lease_seconds,
            },
            "progress": {"done": done, "total": done + (entry.items_left if entry else 0)},
        },
        "urls": {
            "api": "/api/v1",
            "catalogue": reverse("catalogue"),
            "signIn": reverse("account_login"),
            "work": "/work/",
        },
        "today": {
            "count": today.count(),
            "earned": {"amount_minor": earned, "currency": project.currency},
            "streak": Recognition.objects.filter(user=user.pk).values_list("streak", flat=True).first() or 0,
        },
    }
