"""Work in the background on somebody's page: asked for again while it lasts, and then the page anew."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from training.models import CrossFit
from training.models.serving import AskedWork


def at_work(request: HttpRequest, work: AskedWork | CrossFit | None, label: str) -> HttpResponse:
    """What templates/training/_at_work.html asks for; the page of `request` gives it to htmx."""
    if work is None or not work.is_live:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "training/_at_work.html", {"work": work, "label": label, "url": request.path})
