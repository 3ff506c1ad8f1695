"""PostgreSQL or Redis goes away in the middle: a clear message, no hang, nothing acknowledged is lost."""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.bench.assign_bench import make_crowd
from local.bench.stack import Stack
from local.up import create_people
from tests.loop.conftest import client, postgres_gone, query, redis_gone, wait_until

pytestmark = pytest.mark.slow
AWAY = float(os.environ.get("OUTAGE_SECONDS", "6"))
ANSWER = {"answer": {"intent": "refund", "qa": []}, "seconds": 3}
UNAVAILABLE = ("application/problem+json", "unavailable")


@dataclass
class Annotator:
    """Works, repeats what the server could not do just now, and remembers what it was told."""

    site: Stack
    project: str
    token: str
    over: threading.Event
    acknowledged: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    slowest: float = 0.0

    def work(self) -> None:
        with client(self.site, self.token) as browser:
            while not self.over.is_set():
                taken = self.post(browser, f"projects/{self.project}/claim", {"count": 1})
                for assignment in [] if taken is None else taken["assignments"]:
                    done = self.post(browser, f"assignments/{assignment['id']}/submit", ANSWER)
                    if done is not None:
                        self.acknowledged[assignment["id"]] = done["id"]

    def post(self, browser: httpx.Client, path: str, body: Any) -> Any:
        """The answer's body once there is one; the key makes the repetition harmless."""
        key = {"Idempotency-Key": str(uuid4())}
        while not self.over.is_set():
            began = time.monotonic()
            response = browser.post(f"/api/v1/{path}", json=body, headers=key)
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.statuses.append(response.status_code)
            if response.status_code == 201:
                return response.json()
            assert response.status_code == 503, response.text
            assert (response.headers["Content-Type"], response.json()["code"]) == UNAVAILABLE
            assert response.headers["Retry-After"]
            time.sleep(0.2)
        return None


def stored(site: Stack, project: str) -> dict[str, str]:
    row = query(
        site,
        "SELECT json_object_agg(assignment_id, id) FROM annotations_answer WHERE project_id = %s",
        project,
    )
    return row[0] or {}


def test_postgresql_goes_away_in_the_middle_of_the_work(site: Stack) -> None:
    crowd = make_crowd(site, items=5000, people=8, overlap=2)
    over = threading.Event()
    people = [Annotator(site, crowd["project"], token, over) for token in crowd["tokens"]]
    with ThreadPoolExecutor(len(people)) as pool:
        working = [pool.submit(person.work) for person in people]
        try:
            wait_until(lambda: all(person.acknowledged for person in people), 30, "everybody works")
            with postgres_gone(site):
                what_everybody_sees_meanwhile(site)
                time.sleep(AWAY)
            before = [len(person.acknowledged) for person in people]
            wait_until(
                lambda: all(len(p.acknowledged) > n for p, n in zip(people, before, strict=True)),
                30,
                "everybody goes on",
            )
        finally:
            over.set()
        for done in working:
            done.result()
    assert {503, 201} == {status for person in people for status in person.statuses}
    assert max(person.slowest for person in people) < 10
    told = {pair for person in people for pair in person.acknowledged.items()}
    assert told <= set(stored(site, crowd["project"]).items())
    assert query(site, "SELECT max(taken - slots) <= 0, min(taken - submitted) >= 0 FROM tasks_app_item") == (
        True,
        True,
    )


def what_everybody_sees_meanwhile(site: Stack) -> None:
    with client(site) as browser:
        assert browser.get("/healthz").status_code == 200
        ready = browser.get("/readyz")
        assert ready.status_code == 503 and ready.json()["redis"] == "ok"
        browser.cookies.set("sessionid", "x" * 32)
        for path in ("/", "/catalogue/", "/accounts/login/", "/projects/", "/django-admin/"):
            page = browser.get(path)
            assert page.status_code == 503, (path, page.text[:300])
            assert "database is away" in page.text


def test_redis_goes_away_and_its_work_is_done_afterwards(site: Stack) -> None:
    person = create_people(site.environ)["requester"]
    crowd = make_crowd(site, items=3, people=2, overlap=2)
    with redis_gone(site):
        token = quick(lambda: sign_in(site, person))
        for worker in crowd["tokens"]:
            answer_all(site, crowd["project"], worker)
        pages_work(site, person)
        job = quick(lambda: upload(site, token, crowd_of_texts(40)))
    assert len(stored(site, crowd["project"])) == 6
    # As if a minute had passed: only then is a queued job taken for forgotten.
    query(site, "UPDATE tasks_app_importjob SET created_at = created_at - interval '2 minutes'")
    wait_until(
        lambda: decided(site, crowd["project"]) == 3, 60, "the sweep decides what no message announced"
    )
    wait_until(lambda: state_of(site, job) == "succeeded", 90, "the sweep finds the import")
    assert imported(site, job) == 40


def quick(action: Any) -> Any:
    began = time.monotonic()
    result = action()
    assert time.monotonic() - began < 3
    return result


def sign_in(site: Stack, person: dict[str, str]) -> str:
    with client(site) as browser:
        response = browser.post("/api/v1/auth/token", json=person)
        assert response.status_code == 200, response.text
        return str(response.json()["token"])


def answer_all(site: Stack, project: str, token: str) -> None:
    with client(site, token) as browser:
        taken = quick(lambda: browser.post(f"/api/v1/projects/{project}/claim", json={"count": 5}))
        for assignment in taken.json()["assignments"]:
            path = f"/api/v1/assignments/{assignment['id']}/submit"
            assert quick(lambda path=path: browser.post(path, json=ANSWER)).status_code == 201


def pages_work(site: Stack, person: dict[str, str]) -> None:
    """Sign in with a browser's form, and look at what an annotator looks at."""
    with client(site) as browser:
        assert browser.get("/readyz").json()["database"] == "ok"
        assert browser.get("/accounts/login/").status_code == 200
        form = {"login": person["email"], "password": person["password"]}
        token = browser.cookies["csrftoken"]
        headers = {"Referer": site.url}
        signed_in = quick(
            lambda: browser.post(
                "/accounts/login/", data={**form, "csrfmiddlewaretoken": token}, headers=headers
            )
        )
        assert signed_in.status_code == 302, signed_in.text[:500]
        for path in ("/catalogue/", "/projects/", "/work/", "/settings/"):
            page = quick(lambda path=path: browser.get(path))
            assert page.status_code == 200, path


def crowd_of_texts(count: int) -> bytes:
    lines = [
        json.dumps({"id": f"t{n}", "text": f"Where is parcel {n} of Mr. John Smith?"}) for n in range(count)
    ]
    return "\n".join(lines).encode()


FIELD = {"name": "intent", "type": "choice", "scope": "dialogue", "labels": ["refund", "other"]}


def upload(site: Stack, token: str, content: bytes) -> str:
    """The id of the import job of a new project."""
    with client(site, token) as browser:
        project = browser.post("/api/v1/projects", json={"title": "Texts", "fields": [FIELD]})
        assert project.status_code == 201, project.text
        job = browser.post(
            f"/api/v1/projects/{project.json()['id']}/items:import",
            content=content,
            headers={"Content-Type": "application/x-ndjson"},
        )
        assert job.status_code == 202, job.text
        return str(job.json()["job"]["id"])


def decided(site: Stack, project: str) -> int:
    row = query(site, "SELECT count(*) FROM annotations_consensus WHERE project_id = %s", project)
    return int(row[0]) // 2  # two fields an item


def state_of(site: Stack, job: str) -> str:
    return str(query(site, "SELECT state FROM tasks_app_importjob WHERE id = %s", job)[0])


def imported(site: Stack, job: str) -> int:
    row = query(
        site,
        "SELECT count(*) FROM tasks_app_item JOIN tasks_app_importjob j USING (project_id) WHERE j.id = %s",
        job,
    )
    return int(row[0])


def test_an_import_outlives_the_database_s_absence(site: Stack) -> None:
    token = sign_in(site, create_people(site.environ)["requester"])
    job = upload(site, token, crowd_of_texts(2500))
    wait_until(lambda: imported(site, job) >= 200, 30, "the import has begun")
    with postgres_gone(site):
        time.sleep(AWAY / 2)
    assert 200 <= imported(site, job) < 2500
    wait_until(lambda: nudge(site, job) == "succeeded", 120, "the sweep takes the import up again")
    assert imported(site, job) == 2500
    assert query(site, "SELECT read, imported, error_count FROM tasks_app_importjob WHERE id = %s", job) == (
        2500,
        2500,
        0,
    )


def nudge(site: Stack, job: str) -> str:
    """The job's state; one that rests is made to look as if it had rested for a minute."""
    query(
        site,
        "UPDATE tasks_app_importjob SET heartbeat_at = now() - interval '2 minutes' "
        "WHERE id = %s AND heartbeat_at < now() - interval '10 seconds'",
        job,
    )
    return state_of(site, job)
