from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from applications import kinds, selectors
from applications.social_content import access, calibrating, pages, presenting
from applications.social_content.forms import (
    DecideForm,
    FloorForm,
    ObjectionForm,
    PostForm,
    ReaderForm,
    shares,
)
from applications.social_content.models import Post
from applications.social_content.ranking import Weights
from applications.social_content.services import floors, moderation, posts
from applications.social_content.services.feed import Entry, Reader, make_feed
from common.errors import DomainError
from tasks_app.models import Project
from training.models import Prediction
from training.views.at_work import at_work

SHOWN = 20


@login_required
@require_http_methods(["GET", "POST"])
def feed(request: SignedIn, project_id: UUID) -> HttpResponse:
    """Posts by time; a POST asks for a person's feed, which is kept, or tries a post."""
    project = access.project_for(request.user, project_id)
    if request.method == "GET":
        return render(request, "social_content/feed.html", _feed_page(request, project, ReaderForm()))
    if "interests" not in request.POST:
        return _take_post(request, project)
    asked = ReaderForm(request.POST)
    page = _feed_page(request, project, asked)
    return render(request, "social_content/feed.html", page, status=422 if asked.errors else 200)


def _take_post(request: SignedIn, project: Project) -> HttpResponse:
    form = PostForm(request.POST)
    if not form.is_valid():
        page = _feed_page(request, project, ReaderForm(), form)
        return render(request, "social_content/feed.html", page, status=422)
    new = posts.NewPost(key=f"tried-{uuid4().hex}", text=form.cleaned_data["text"])
    [taken] = posts.take_posts(project=project, posts=[new], actor=request.user)
    return redirect(presenting.why_path(taken.post))


def _feed_page(
    request: SignedIn, project: Project, asked: ReaderForm, post_form: PostForm | None = None
) -> dict[str, Any]:
    said = asked.cleaned_data if asked.is_bound and asked.is_valid() else {}
    found = make_feed(
        project=project,
        reader=Reader(interests=said.get("interests", ""), profiling=bool(said.get("profiling", True))),
        count=SHOWN,
        weights=Weights(diversity=said.get("diversity") or 0.0),
        actor=request.user,
    )
    return {
        **_head(project, "feed"),
        "about": selectors.about(project, kinds.find_kind(access.TEMPLATE)),
        "feed": found,
        "entries": [_entry(one) for one in found.entries],
        "form": asked,
        "post_form": post_form or PostForm(),
        "any_posts": Post.objects.filter(project=project).exists(),
    }


def _entry(one: Entry) -> dict[str, Any]:
    asked = one.post.prediction
    return {
        "post": one.post,
        "because": presenting.because(one),
        "parts": [(_PARTS[name](), f"{value:.2f}") for name, value in one.ranked.parts.items() if value],
        "by_person": one.by_person,
        "match": Prediction(pk=one.prediction) if one.prediction else None,
        "safety": Prediction(pk=asked) if asked else None,
    }


_PARTS = {
    "match": lambda: _("match"), "similarity": lambda: _("similarity"), "recency": lambda: _("recency"),
    "boost": lambda: _("promotion"),
}  # fmt: skip


@login_required
@require_GET
def moderation_queue(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_to_moderate(request.user, project_id)
    return _queue(request, project, DecideForm())


@login_required
@require_POST
def decide(request: SignedIn, project_id: UUID, post_id: UUID) -> HttpResponse:
    post = access.post_to_moderate(request.user, project_id, post_id)
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _queue(request, post.project, form, refused=_("Say why; the author reads it."), status=422)
    try:
        finding = moderation.Finding(**form.cleaned_data)
        moderation.decide_post(post=post, finding=finding, moderator=request.user)
    except DomainError as refused:
        return _queue(request, post.project, form, refused=refused.message, status=refused.status)
    return redirect("social-content-moderation", project_id)


def _queue(
    request: SignedIn, project: Project, form: DecideForm, *, refused: str = "", status: int = 200
) -> HttpResponse:
    waiting = moderation.hidden_posts(project)
    after = request.GET.get("after", "")
    place = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    count = waiting.count()
    chosen = waiting[place] if place < count else waiting.first()
    context = {
        **_head(project, "moderation"),
        "waiting": count,
        "entry": pages.queue_entry(chosen) if chosen else None,
        "next": place + 1,
        "form": form,
        "refused": refused,
    }
    return render(request, "social_content/moderation.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def floor(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    row, label = access.floor_of(project), _("The floor is being chosen")
    if request.headers.get("HX-Request"):
        return at_work(request, row, label)
    form = FloorForm(
        request.POST or None, initial={"wanted": 100 * row.wanted, "confidence": 100 * row.confidence}
    )
    if request.method == "POST" and form.is_valid():
        floors.set_floor(project=project, actor=request.user, **shares(form))
        return redirect("social-content-floor", project_id)
    measured = calibrating.measured_of(row)
    context = {
        **_head(project, "floor"),
        "form": form,
        "floor": row,
        "label": label,
        "said": calibrating.figures_json(row),
        "measured": {
            "precision": pages.figure_of(measured.precision),
            "hidden": pages.figure_of(measured.hidden),
            "caught": pages.figure_of(measured.caught),
        } if measured else None,
        "languages": pages.language_names(row.tongues),
        **(pages.floor_curve(row) if row.scores else {}),
    }  # fmt: skip
    return render(request, "social_content/floor.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def floor_again(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    floors.ask_calibration(floor=access.floor_of(project), actor=request.user)
    messages.success(request, _("The floor is being chosen anew. It takes a moment."))
    return redirect("social-content-floor", project_id)


@require_http_methods(["GET", "POST"])
def why(request: HttpRequest, project_id: UUID, token: str) -> HttpResponse:
    """The author's page, reached by the signed link that came with the post."""
    post = access.post_by_link(project_id, token)
    form = ObjectionForm(request.POST or None)
    refused = ""
    if request.method == "POST" and form.is_valid():
        try:
            moderation.object_to(post=post, words=form.cleaned_data["words"])
            return redirect("social-content-why", project_id, token)
        except DomainError as error:
            refused = error.message
    context = {**pages.statement(post), "form": form, "refused": refused, "current": ""}
    status = 422 if form.errors else 409 if refused else 200
    return render(request, "social_content/why.html", context, status=status)


def _head(project: Project, tab: str) -> dict[str, Any]:
    return {"project": project, "tab": tab, "current": "projects"}
