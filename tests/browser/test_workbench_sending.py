"""Nothing is lost: drafts, the outbox, refusals, expired leases, signed-out sessions."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_server import FakeServer

pytestmark = pytest.mark.browser
Serve = Callable[..., tuple[Page, FakeServer]]


def open_item(page: Page, number: int = 1) -> None:
    expect(page.locator(f"[data-item=item-{number}]")).to_be_visible()


def toast(page: Page, text: str) -> None:
    expect(page.locator(".toast").filter(has_text=text)).to_be_visible()


def test_a_draft_survives_a_reload(serve: Serve) -> None:
    page, server = serve()
    open_item(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    page.locator("#text-reply").fill("half a sentence")
    page.reload()
    open_item(page)
    expect(page.locator("mark")).to_have_text("Hi")
    expect(page.locator("#text-reply")).to_have_value("half a sentence")
    assert server.given == 2, "the items in hand are used again, not claimed anew"


def test_drafts_are_kept_without_indexeddb(serve: Serve) -> None:
    page, _ = serve()
    page.context.add_init_script("indexedDB.open = () => { throw new Error('closed'); }")
    page.reload()
    open_item(page, 3)
    page.locator("#text-reply").fill("kept elsewhere")
    page.reload()
    expect(page.locator("#text-reply")).to_have_value("kept elsewhere")


def test_an_answer_waits_out_a_lost_network_and_a_reload(serve: Serve) -> None:
    page, server = serve()
    open_item(page)
    page.keyboard.press("7")
    server.offline = True
    page.keyboard.press("Enter")
    open_item(page, 2)
    toast(page, "Trying again")
    page.reload()
    toast(page, "Trying again")
    server.offline = False
    with page.expect_response("**/submit"):
        page.evaluate("dispatchEvent(new Event('online'))")
    toast(page, "Saved")
    assert [one["assignment"] for one in server.submitted] == ["assignment-1"]
    page.reload()
    open_item(page, 2)
    assert len(server.submitted) == 1


def test_a_repeat_carries_the_same_key(serve: Serve) -> None:
    page, server = serve()
    server.answer_with("submit", 503, title="away")
    open_item(page)
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    toast(page, "Trying again")
    toast(page, "Saved")
    keys = [call[2] for call in server.calls if call[0] == "submit"]
    assert len(keys) == 2 and len(set(keys)) == 1 and len(keys[0]) == 32


def test_a_refused_answer_comes_back_with_the_reason_at_its_field(serve: Serve) -> None:
    page, server = serve()
    problem = {"pointer": "/answer/intent/0", "code": "label", "detail": "That label was retired."}
    server.answer_with("submit", 422, title="Invalid", detail="Some labels do not fit.", errors=[problem])
    open_item(page)
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=intent] .bench-problems")).to_have_text("That label was retired.")
    open_item(page)
    toast(page, "Some labels do not fit.")
    expect(page.locator("[data-option=delivery_time]")).to_have_attribute("aria-checked", "true")


def test_an_expired_lease_is_taken_again_and_submitted(serve: Serve) -> None:
    page, server = serve()
    server.answer_with("submit", 409, title="Conflict", detail="The time for this item is over.")
    open_item(page)
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    with page.expect_response(lambda response: response.url.endswith("/submit") and response.status == 201):
        page.get_by_role("button", name="Take it again and submit").click()
    assert [call[0] for call in server.calls if call[0] in {"submit", "reclaim"}] == [
        "submit",
        "reclaim",
        "submit",
    ]


def with_an_item_that_somebody_else_has(serve: Serve) -> Page:
    page, server = serve()
    server.answer_with("submit", 409, title="Conflict", detail="The time for this item is over.")
    server.answer_with("reclaim", 409, title="Conflict", detail="It was given to somebody else.")
    open_item(page)
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take it again and submit").click()
    return page


def test_when_somebody_else_has_it_the_annotator_can_go_on(serve: Serve) -> None:
    page = with_an_item_that_somebody_else_has(serve)
    expect(page.locator("[data-part=banner]")).to_contain_text("It was given to somebody else.")
    page.get_by_role("button", name="Leave it").click()
    open_item(page, 2)


def test_what_somebody_else_has_can_still_be_handed_in_late(serve: Serve) -> None:
    page = with_an_item_that_somebody_else_has(serve)
    with page.expect_request(lambda request: request.url.endswith("/submit")) as sent:
        page.get_by_role("button", name="Hand it in all the same").click()
    assert sent.value.post_data_json["late"] is True
    open_item(page, 2)


def test_a_draft_whose_lease_ran_out_is_offered_again(serve: Serve) -> None:
    page, server = serve()
    server.lease = timedelta(seconds=-1)
    page.evaluate("indexedDB.deleteDatabase('manyhands')")
    page.reload()
    page.wait_for_selector("[data-item]")
    page.locator("#text-reply").fill("worth keeping")
    server.lease = timedelta(minutes=10)
    page.reload()
    expect(page.locator("#text-reply")).to_have_value("worth keeping")
    page.get_by_role("button", name="Take it again").click()
    expect(page.locator("[data-part=banner]")).to_be_hidden()
    expect(page.locator("[data-part=lease]")).to_contain_text("left")


def test_signed_out_keeps_everything_and_offers_the_way_back(serve: Serve) -> None:
    page, server = serve()
    server.answer_with("submit", 401, code="not_signed_in", detail="Sign in.")
    open_item(page)
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Sign in")
    expect(link).to_have_attribute("href", "/accounts/login/?next=%2Fprojects%2Fproject-1%2Flabel%2F")
    assert not server.submitted
    with page.expect_response("**/submit"):
        page.reload()
    assert len(server.submitted) == 1


def test_nothing_left_is_said_with_the_day_s_sum(serve: Serve) -> None:
    page, _ = serve(items=[{"text": "The only one."}])
    open_item(page)
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing more to do here right now")).to_be_visible()
    expect(page.locator("[data-part=empty-sum]")).to_have_text("1 today · $0.06")
    expect(page.get_by_role("link", name="To the catalogue")).to_be_visible()


def test_undo_takes_a_submit_back_before_it_is_sent(serve: Serve) -> None:
    page, server = serve(project={"undo_seconds": 30})
    open_item(page)
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    open_item(page, 2)
    page.locator(".toast button", has_text="Undo").click()
    open_item(page, 1)
    expect(page.locator("[data-option=delivery_time]")).to_have_attribute("aria-checked", "true")
    assert not [call for call in server.calls if call[0] == "submit"]


def test_an_undo_delays_no_answer_beyond_its_lease_nor_an_earlier_one(serve: Serve) -> None:
    page, server = serve(project={"undo_seconds": 3600})
    open_item(page)
    server.lease = timedelta(seconds=20)
    page.keyboard.press("7")
    with page.expect_response("**/claim"):  # the third, which is lent for a short time
        page.keyboard.press("Enter")
    server.lease = timedelta(minutes=10)
    for item in (2, 3):
        open_item(page, item)
        page.keyboard.press("7")
        page.keyboard.press("Enter")
    open_item(page, 4)
    page.keyboard.press("7")
    with page.expect_response("**/submit", timeout=30_000):
        page.keyboard.press("Enter")
    assert [one["assignment"] for one in server.submitted] == ["assignment-3"]


def test_a_refused_claim_says_why(serve: Serve) -> None:
    page, server = serve(items=[])
    expect(page.locator("[data-part=empty]")).to_be_visible()
    server.answer_with("claim", 403, code="forbidden", detail="Pass the qualification test first.")
    page.reload()
    expect(page.locator("[data-part=banner]")).to_contain_text("Pass the qualification test first.")


def test_two_tabs_do_not_work_on_the_same_item(serve: Serve) -> None:
    page, server = serve()
    open_item(page)
    other = page.context.new_page()
    other.goto(page.url)
    open_item(other, 3)
    assert server.given == 4


def test_a_new_lease_is_asked_for_while_somebody_is_at_work(serve: Serve) -> None:
    page, server = serve()
    server.lease = timedelta(seconds=3)
    page.evaluate("indexedDB.deleteDatabase('manyhands')")
    page.reload()
    open_item(page, 3)
    server.lease = timedelta(minutes=10)
    with page.expect_response("**/extend"):
        page.keyboard.press("j")
    expect(page.locator("[data-part=lease]")).to_have_text(re.compile(r"^9:5\d left$"))


def test_items_that_this_browser_forgot_are_found_again(serve: Serve) -> None:
    page, server = serve(items=[{"text": "The only one."}])
    open_item(page)
    page.evaluate("indexedDB.deleteDatabase('manyhands')")
    lease = {"lease_expires_at": "2999-01-01T00:00:00Z", "schema_version": 1, "fields": server.fields}
    server.live = [{"id": "assignment-1", "item": {"id": "item-1", "text": "The only one."}, **lease}]
    page.reload()
    open_item(page)
    expect(page.locator("[data-part=talk]")).to_contain_text("The only one.")


def test_a_claim_whose_answer_was_lost_is_repeated_with_its_key(serve: Serve) -> None:
    page, server = serve(items=[])
    expect(page.locator("[data-part=empty]")).to_be_visible()
    server.answer_with("claim", 503, title="away")
    page.reload()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-part=empty]")).to_be_visible()
    keys = [call[2] for call in server.calls if call[0] == "claim"]
    assert len(set(keys)) == 2 and keys[-1] == keys[-2]
