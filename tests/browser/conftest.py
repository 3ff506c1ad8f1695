"""A workbench in a real Chromium, without the applications behind it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Page

from tests.browser.fake_server import ORIGIN, FakeServer

CUSTOMER = [
    {
        "speaker": "Customer",
        "text": "Hi, I ordered a kettle last week, order [ORDER_1]. When will it arrive?",
    },
    {
        "speaker": "Agent",
        "text": "Good morning [PERSON_1], thanks for waiting. "
        "It left our warehouse yesterday and should reach you on Thursday.",
    },
    {
        "speaker": "Customer",
        "text": "That is later than you promised 😀. Can I get the delivery fee back? "
        "And please change the phone number to [PHONE_1].",
    },
    {
        "speaker": "Agent",
        "text": "I understand, and I am sorry. The fee of 4.90 is refunded to your card within three days.",
    },
    {"speaker": "Customer", "text": "好的，谢谢你。"},
]
CHINESE = [
    {"speaker": "顾客", "text": "你好，我上周买了一个电水壶，订单号[ORDER_1]，什么时候能到？"},
    {"speaker": "客服", "text": "您好，商品昨天已经发出，预计周四送达。"},
    {"speaker": "顾客", "text": "比承诺的晚了，可以退运费吗？"},
]
FIELDS: list[dict[str, Any]] = [
    {
        "name": "qa",
        "type": "span",
        "title": "Questions and answers",
        "title_zh": "问题与回答",
        "labels": [{"name": "question", "title_zh": "问题"}, {"name": "answer", "title_zh": "回答"}],
        "scope": "turn",
    },
    {
        "name": "emotion",
        "type": "choice",
        "title": "Emotion",
        "title_zh": "情绪",
        "scope": "turn",
        "speakers": ["Customer", "顾客"],
        "labels": [
            {"name": "calm", "title_zh": "平静"},
            {"name": "pleased", "title_zh": "满意"},
            {"name": "annoyed", "title_zh": "不满"},
            {"name": "angry", "title_zh": "愤怒"},
        ],
    },
    {
        "name": "intent",
        "type": "choice",
        "title": "Intent of the dialogue",
        "title_zh": "对话意图",
        "scope": "dialogue",
        "multi": True,
        "required": True,
        "labels": [
            "delivery_time",
            "refund_request",
            "change_of_details",
            *[f"other_intent_{n}" for n in range(1, 15)],
        ],
    },
    {
        "name": "reply",
        "type": "text",
        "title": "Best reply to the last question",
        "title_zh": "对最后一个问题的最佳回复",
        "scope": "dialogue",
        "max_length": 500,
        "required": False,
    },
]
ASKED = "Can I get the delivery fee back?"
AT = CUSTOMER[2]["text"].index(ASKED)  # Python counts code points
SUGGESTION = {
    "qa": [{"turn": 2, "start": AT, "end": AT + len(ASKED), "label": "question", "confidence": 0.91}],
    "emotion": [{"turn": 2, "label": "annoyed", "confidence": 0.78}],
}
CONFIG: dict[str, Any] = {
    "project": {
        "id": "project-1",
        "title": "Customer service: questions and answers",
        "instructions_html": "<p>Mark every <strong>question</strong> and its <strong>answer</strong>.</p>",
        "reward": {"amount_minor": 6, "currency": "USD"},
        "places": 2,
        "hourly_minor": 1140,
        "language": "en",
        "progress": {"done": 12, "total": 40},
    },
    "urls": {"api": "/api/v1", "catalogue": "/catalogue/", "work": "/work/", "signIn": "/accounts/login/"},
    "today": {"count": 0, "earned": {"amount_minor": 0, "currency": "USD"}},
}


@pytest.fixture
def draw(settings: Any) -> Callable[..., str]:
    """A template as a signed-in annotator sees it."""
    settings.ROOT_URLCONF = "tests.browser.stub_urls"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.STATIC_URL = "/static/"

    def draw(template: str, *, language: str = "en", theme: str = "light", **context: Any) -> str:
        request = SimpleNamespace(COOKIES={"theme": theme}, get_full_path=lambda: "/", resolver_match=None)
        user = SimpleNamespace(pk="person-1", is_authenticated=True, email="ada@example.org")
        with translation.override(language):
            everyone = {"annotator", "requester", "reviewer", "admin"}
            base = {"request": request, "user": user, "roles": everyone, "LANGUAGE_CODE": language}
            return render_to_string(template, {**base, **context})

    return draw


@pytest.fixture
def serve(draw: Callable[..., str], new_page: Callable[..., Page]) -> Callable[..., tuple[Page, FakeServer]]:
    """Open the workbench: `page, server = serve(items=[…], fields=[…], width=390, language="zh-hans")`."""

    def serve(
        *,
        items: list[dict[str, Any]] | None = None,
        fields: list[dict[str, Any]] | None = None,
        language: str = "en",
        theme: str = "light",
        project: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
        **viewport: Any,
    ) -> tuple[Page, FakeServer]:
        config = {**CONFIG, "project": {**CONFIG["project"], **(project or {})}}
        html = draw("tasks_app/workbench.html", language=language, theme=theme, config=config)
        server = FakeServer(html, items if items is not None else [{"turns": CUSTOMER}] * 5, fields or FIELDS)
        page = new_page(**viewport, **(options or {}))
        page.add_init_script("localStorage.setItem('manyhands:seen:project-1', '1')")
        server.attach(page)
        page.goto(f"{ORIGIN}/projects/project-1/label/")
        page.wait_for_selector("[data-item], [data-part=empty]:not([hidden])")
        return page, server

    return serve


@pytest.fixture
def blank(new_page: Callable[..., Page]) -> Page:
    """A page that can import the modules under /static/js/."""
    page = new_page()
    FakeServer("<!doctype html><title>blank</title>", [], []).attach(page)
    page.goto(f"{ORIGIN}/")
    return page
