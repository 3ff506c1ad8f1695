import io
import json

import httpx
import pytest
from rich.console import Console

from local.demo import stage
from local.demo.loop import STEPS, play
from local.demo.people import DemoPeople
from local.demo.report import print_report

ACCOUNTS = {
    role: {"email": f"{role}@demo.test", "password": "pw"} for role in ("admin", "requester", "reviewer")
}
CROWD = [{"email": f"w{n}@demo.test", "password": "pw"} for n in range(24)]
PEOPLE = DemoPeople.from_json({**ACCOUNTS, "annotators": CROWD})


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Polls and pauses take no time."""
    monkeypatch.setattr(stage.time, "sleep", lambda seconds: None)


def run(server, **options):
    return play(
        base_url="http://demo.test", people=PEOPLE, quick=True, transport=server.transport(), **options
    )


@pytest.fixture(scope="module")
def played(fake_server):
    server, heard = fake_server(), []
    return server, run(server, on_step=heard.append), heard


def test_every_step_works(played):
    _, report, heard = played
    assert report.ok, report.failure
    assert [step.name for step in report.steps] == [planned.name for planned in STEPS]
    assert [step.state for step in heard] == ["running", "done"] * len(STEPS)


def test_figures_of_the_loop(played):
    server, report, _ = played
    assert report.items == len(server.items) == 120
    assert report.answers == 120 * server.overlap == sum(map(len, server.answers.values()))
    assert report.paid_minor == 6 * report.answers
    assert report.planted > 50
    assert report.planted_missed == report.planted  # this server redacts nothing
    assert 0.2 < report.agreement_by_field["intent"] < 0.9
    assert (
        report.majority_by_field["intent"] > report.consensus_by_field["intent"]
    )  # which takes anybody's word
    assert sum(report.reviewed.values()) == 30


def test_the_report_has_the_agreed_shape(played):
    _, report, _ = played
    plain = json.loads(json.dumps(report.to_json()))
    assert plain["ok"] is True
    assert all({"name", "seconds", "ok"} <= step.keys() for step in plain["steps"])
    for key in (
        "items",
        "answers",
        "agreement",
        "consensus_accuracy",
        "majority_accuracy",
        "paid_minor",
        "findings",
    ):
        assert isinstance(plain[key], (int, float)), key
    assert plain["evaluation"]["qa"]["labels"]["a"]["f1"] == 0.85
    assert plain["baseline"].keys() == plain["evaluation"].keys() == {"qa", "intent"}
    assert "pw" not in json.dumps(plain)


def test_the_printed_report_shows_what_matters(played):
    _, report, _ = played
    out = io.StringIO()
    print_report(report, Console(file=out, width=110))
    text = out.getvalue()
    for part in (
        "every step worked",
        "majority vote",
        "baseline F1",
        "reviewer@demo.test",
        "USD",
        "crowd works",
    ):
        assert part in text


def test_every_post_carries_its_own_idempotency_key(played):
    server, _, _ = played
    assert None not in server.keys
    assert len(set(server.keys)) == len(server.keys)


PROBLEM = {
    "title": "Conflict",
    "detail": "The project has no money.",
    "errors": [{"pointer": "/budget", "detail": "0"}],
}


@pytest.mark.parametrize(
    ("pattern", "response", "failed", "says"),
    [
        (
            "POST auth/token",
            httpx.Response(401, json={"detail": "wrong password"}),
            "sign in",
            "wrong password",
        ),
        ("POST projects/p1/publish", httpx.Response(409, json=PROBLEM), "publish", "no money. /budget 0"),
        ("POST projects", httpx.Response(201, json={}), "create project", "unexpected"),
        ("POST projects/p1/claim", httpx.Response(204), "crowd works", "nobody"),
        ("POST snapshots", httpx.Response(500, text="<h1>oops"), "snapshot", "500"),
        (
            "GET runs/.*",
            httpx.Response(200, json={"id": "r", "state": "failed", "reason": "out of memory"}),
            "train",
            "out of memory",
        ),
    ],
)
def test_a_failure_names_its_step_and_stops_there(fake_server, pattern, response, failed, says):
    report = run(fake_server({pattern: response}))
    assert not report.ok
    assert report.failure.name == failed
    assert says in report.failure.detail
    assert report.steps[-1] is report.failure
    assert report.to_json()["ok"] is False


def test_a_server_that_is_not_there_is_one_clear_message():
    def refuse(request):
        raise httpx.ConnectError("refused", request=request)

    report = play(
        base_url="http://demo.test", people=PEOPLE, quick=True, transport=httpx.MockTransport(refuse)
    )
    assert report.failure.name == "sign in"
    assert "no answer from http://demo.test" in report.failure.detail


def test_a_short_outage_is_waited_out(fake_server):
    class Flaky(fake_server):
        def handle(self, request):
            if request.url.path.endswith("/claim") and self.calls["projects"] % 7 == 0:
                self.calls["projects"] += 1
                return httpx.Response(503, headers={"Retry-After": "1"})
            return super().handle(request)

    report = run(Flaky())
    assert report.ok, report.failure
    assert report.answers == 360


def test_an_unreadable_file_fails_the_first_step(fake_server, tmp_path):
    report = run(fake_server(), dialogues=tmp_path / "gone.jsonl")
    assert report.failure.name == "read dialogues"


def test_a_deadline_ends_a_poll():
    now = iter(range(100))
    deadline = stage.Deadline(5, clock=lambda: next(now))
    with pytest.raises(stage.StepFailed, match="the import took longer than 5 s"):
        deadline.poll(lambda: False, "the import")


def test_people_from_the_command():
    assert PEOPLE.annotators[0].email == "w0@demo.test"
    assert [role for role, _ in PEOPLE.roles()] == ["admin", "requester", "reviewer", "annotator"]
