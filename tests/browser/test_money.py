"""The workbench writes money as the pages do: one in the browser, the other on the server."""

from collections.abc import Callable

import pytest
from django.utils import translation
from playwright.sync_api import Page

from common.currencies import minor_places, show_money
from tests.browser.fake_server import FakeServer

SHOW = """async ([amounts, language]) => {
    const { formatMoney } = await import("/static/js/workbench/strip.js");
    return amounts.map(([amount_minor, currency, places]) =>
        formatMoney({ amount_minor, currency }, language, places));
}"""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_browser_and_server_write_money_alike(
    serve: Callable[..., tuple[Page, FakeServer]], language: str
) -> None:
    page, _server = serve(language=language)
    codes = ["USD", "EUR", "GBP", "CNY", "JPY", "KRW", "CHF", "KWD", "IQD"]
    amounts = [(1234567, code, minor_places(code)) for code in codes]
    with translation.override(language):
        assert page.evaluate(SHOW, [amounts, language]) == [show_money(*each[:2]) for each in amounts]
