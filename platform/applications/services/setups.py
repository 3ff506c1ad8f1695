"""Setting an application up with the data that ships with it: from nothing to the first answer."""

from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from applications import tasks
from applications.kinds import Kind, find_kind
from applications.models import Setup
from common import audit
from common.errors import Forbidden, Invalid, Problem
from common.queueing import enqueue_on_commit
from tasks_app.services import imports
from tasks_app.services.projects import create_project

# What ships was written for it and is about nobody.
TERMS = {"data_source": "shipped with Manyhands", "data_licence": "CC0-1.0", "data_basis": "not_personal"}


def start_setup(*, application: str, actor: User, language: str = "", title: str = "") -> Setup:
    """A project from the application's template, with its data on the way in; the rest follows by itself.

    language: only the data in this language, such as "zh"; "" for all there is. Asked for again while one
    is under way, that one is returned. Raises Invalid for an unknown application or language, Forbidden for
    whoever may not make projects.
    """
    if not {Role.REQUESTER, Role.ADMIN} & roles.site_roles(actor):
        raise Forbidden(_("Setting up an application needs the role of a requester or an administrator."))
    kind = find_kind(application)
    files = _files(kind, language)
    try:
        with transaction.atomic():
            return _start(kind, files, actor, title)
    except IntegrityError:
        running = Setup.objects.filter(created_by=actor, kind=kind.key, state=Setup.State.RUNNING)
        if (there := running.first()) is None:
            raise
        return there


def _start(kind: Kind, files: list[Path], actor: User, title: str) -> Setup:
    settings = {**TERMS, **({"title": title} if title else {})}
    project = create_project(owner=actor, template=kind.template, **settings)
    setup = Setup.objects.create(project=project, kind=kind.key, created_by=actor)
    jobs = [
        imports.start_import(
            project=project, actor=actor, chunks=_lines(path, kind.most), format="jsonl",
            key=f"setup:{setup.pk}:{path.name}", options={"keep_duplicates": True},
        )
        for path in files
    ]  # fmt: skip
    setup.imports = [str(job.pk) for job in jobs]
    setup.save(update_fields=["imports"])
    audit.record("application.setup", setup, actor=actor.pk, kind=kind.key)
    enqueue_on_commit(tasks.predict_advance_setups)
    return setup


def _lines(path: Path, most: int) -> list[bytes]:
    lines = path.read_bytes().splitlines(keepends=True)
    return lines[:most] if most else lines


def _files(kind: Kind, language: str) -> list[Path]:
    files = [path for path in kind.data if language in ("", path.stem)]
    if not files:
        there = ", ".join(path.stem for path in kind.data)
        detail = _("There is no data in this language. There is: %s.") % there
        raise Invalid(detail, problems=[Problem("/language", "unknown", detail)])
    return files
