from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from applications import kinds, selectors
from applications.social_content import access, calibrating, inputs, presenting
from applications.social_content.models import Post
from applications.social_content.services import floors, moderation, people, posts
from applications.social_content.services.feed import Reader, make_feed
from common.errors import NotFound
from common.idempotency import Redacted, idempotent

MOST_LISTED = 100


class PostsApi(APIView):
    """Posts come in, up to 1,000 at a time. The same ids and texts again change nothing.

    Nobody is shown a post before the safety model has read it, which a worker does in a moment.
    """

    @extend_schema(request=inputs.PostsInput, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = inputs.PostsInput(data=request.data)
        body.is_valid(raise_exception=True)
        new = [inputs.new_post(one) for one in body.validated_data["posts"]]
        taken = posts.take_posts(project=project, posts=new, actor=request.user)
        results = [
            {"id": one.post.key, "outcome": one.outcome, "why": presenting.why_url(one.post)} for one in taken
        ]
        return Response({"results": results}, status=202)


class PostApi(APIView):
    """What became of a post. DELETE forgets it, with all that was said of it."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID, key: str) -> Response:
        project = access.project_for(request.user, project_id)
        return Response(presenting.post_json(access.post_by_key(project, key)))

    @extend_schema(responses={204: None})
    def delete(self, request: ApiSignedIn, project_id: UUID, key: str) -> Response:
        project = access.project_for(request.user, project_id)
        posts.forget_post(post=access.post_by_key(project, key), actor=request.user)
        return Response(status=204)


class PeopleApi(APIView):
    """What a person is interested in. `profiling: false` keeps nothing and gives posts by time alone."""

    @extend_schema(request=inputs.PersonInput, responses={200: OpenApiResponse()})
    def put(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = inputs.PersonInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = people.set_person(project=project, actor=request.user, **body.validated_data)
        return Response({"interests": row.interests, "profiling": row.profiling})


class ForgetPersonApi(APIView):
    """Delete what is kept of a person. 404 where nothing is."""

    @extend_schema(request=inputs.ForgetInput, responses={204: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = inputs.ForgetInput(data=request.data)
        body.is_valid(raise_exception=True)
        if not people.forget_person(project=project, actor=request.user, **body.validated_data):
            raise NotFound(_("Nothing is kept of this person."))
        return Response(status=204)


class FeedApi(APIView):
    """Posts for a person, or for interests. No weight, boost or setting shows a post below the floor.

    What is shown by interests is kept as predictions. With an Idempotency-Key that is done once; the repeated
    answer has no texts.
    """

    @extend_schema(request=inputs.FeedInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = inputs.FeedInput(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        feed = make_feed(
            project=project, reader=self._reader(project, said), count=said["count"],
            weights=inputs.weights_of(said.get("weights")), actor=request.user,
        )  # fmt: skip
        answer = presenting.feed_json(feed)
        # Texts are not stored a second time, where no erasure finds them.
        kept = [{name: one[name] for name in one if name != "text"} for one in answer["results"]]
        return Redacted(answer, kept={**answer, "results": kept})

    def _reader(self, project: Any, said: dict[str, Any]) -> Reader:
        if not said["person"]:
            return Reader(interests=said["interests"], profiling=said["profiling"])
        person = people.find_person(project, said["person"])
        if person is None:
            raise NotFound(_("Nothing is kept of this person."))
        reader = Reader.of(person)
        return reader if said["profiling"] else Reader(interests="", profiling=False, person=person)


class ModerationApi(APIView):
    """Hidden posts: those objected to first, then those most likely to be hidden wrongly."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_to_moderate(request.user, project_id)
        waiting: QuerySet[Post] = moderation.hidden_posts(project)
        rows = [presenting.hidden_json(post) for post in waiting[:MOST_LISTED]]
        return Response({"count": waiting.count(), "results": rows})


class DecideApi(APIView):
    """`seen` is how many decisions there were when you looked: 409 where somebody was faster."""

    @extend_schema(request=inputs.DecideInput, responses={201: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID, post_id: UUID) -> Response:
        post = access.post_to_moderate(request.user, project_id, post_id)
        body = inputs.DecideInput(data=request.data)
        body.is_valid(raise_exception=True)
        finding = moderation.Finding(**body.validated_data)
        decision = moderation.decide_post(post=post, finding=finding, moderator=request.user)
        return Response(presenting.decision_json(decision), status=201)


class FiguresApi(APIView):
    """How well this application does on frozen test items, beside what needs no model."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        floor = calibrating.figures_json(access.floor_of(project))
        about = selectors.about(project, kinds.find_kind(access.TEMPLATE))
        figures = [asdict(figure) for figure in about.figures]
        return Response({"figures": figures, "outdated": about.outdated, "floor": floor})


class FloorApi(APIView):
    """What is promised of what is shown, whether it can be, and how many posts are missing for it."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        return Response(calibrating.figures_json(access.floor_of(project)))

    @extend_schema(request=inputs.FloorInput, responses={200: OpenApiResponse()})
    def put(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = inputs.FloorInput(data=request.data)
        body.is_valid(raise_exception=True)
        floor = floors.set_floor(project=project, actor=request.user, **body.validated_data)
        return Response(calibrating.figures_json(floor))
