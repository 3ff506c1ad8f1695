"""Who may do what with an application of this kind. Whoever may not hears that it is not there."""

from uuid import UUID

from django.core import signing
from django.utils.translation import gettext as _

from accounts.models import Role, User
from applications import kinds
from applications.access import project_with
from applications.social_content.models import Floor, Post
from common.errors import NotFound
from privacy import blind, keyring
from tasks_app import access as projects
from tasks_app.models import Project

TEMPLATE = "social-content"
WHY = "social_content.why"
LINK_SECONDS = 180 * 24 * 3600


def project_for(user: User, project_id: UUID) -> Project:
    """For whoever runs the project."""
    return project_with(user, project_id, TEMPLATE)[0]


def project_to_moderate(user: User, project_id: UUID) -> Project:
    """For reviewers as well."""
    project = projects.project_for(user, project_id, Role.REVIEWER)
    kind = kinds.kind_of(project)
    if kind is None or kind.template != TEMPLATE:
        raise NotFound(_("This project has no such application."))
    return project


def post_to_moderate(user: User, project_id: UUID, post_id: UUID) -> Post:
    project = project_to_moderate(user, project_id)
    return _found(Post.objects.filter(project=project, pk=post_id).first())


def post_by_key(project: Project, key: str) -> Post:
    return _found(Post.objects.filter(project=project, key=key).first())


def post_by_link(project_id: UUID, token: str) -> Post:
    """Whoever holds the signed link is taken for the author, who got it from the calling program. After half
    a year it works no more; the program can ask for another one."""
    try:
        post_id = UUID(hex=str(signing.loads(token, salt=WHY, max_age=LINK_SECONDS)))
    except (signing.BadSignature, ValueError):
        post_id = None
    post = Post.objects.filter(project=project_id, pk=post_id).first() if post_id else None
    if post is None:
        raise NotFound(_("This link does not work, or not any more."))
    return post


def token_of(post: Post) -> str:
    return signing.dumps(post.pk.hex, salt=WHY)


def floor_of(project: Project) -> Floor:
    """Made at the first look, with the usual promise."""
    return Floor.objects.get_or_create(project=project)[0]


def digest_of(project_id: UUID, what: str, name: str) -> UUID:
    """What stands for the caller's id of an author or a person; without the site's key it says nothing."""
    return blind.digest(keyring.index_key(), f"social {what} {project_id}", name.strip())


def _found(post: Post | None) -> Post:
    if post is None:
        raise NotFound(_("There is no such post."))
    return post
