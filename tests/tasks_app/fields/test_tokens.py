import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_app.fields.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        (" \n\t", []),
        ("Where is it?", ["Where", "is", "it", "?"]),
        ("It's 20kg, no_1.", ["It", "'", "s", "20", "kg", ",", "no", "_", "1", "."]),
        ("我要退货。", ["我", "要", "退", "货", "。"]),
        ("订单abc12号", ["订", "单", "abc", "12", "号"]),
        ("カード", ["カ", "ー", "ド"]),
        ("서울에서", ["서", "울", "에", "서"]),
        ("שלום עולם!", ["שלום", "עולם", "!"]),
        ("شكرًا ١٢", ["شكرًا", "١٢"]),
        ("कृपया मेरी", ["कृपया", "मेरी"]),
        ("q\u0323\u0307 x", ["q\u0323\u0307", "x"]),
        ("ok👍🏿👍", ["ok", "👍🏿", "👍"]),
        ("👨‍👩‍👧👩🏽‍💻", ["👨‍👩‍👧", "👩🏽‍💻"]),
        ("🇨🇳🇫🇷", ["🇨🇳", "🇫🇷"]),
        ("❤️!", ["❤️", "!"]),
        ("กำลัง", ["กำ"[0], "ำ", "ลั", "ง"]),
    ],
)
def test_it_cuts(text, tokens):
    assert [text[start:end] for start, end in tokenize(text)] == tokens


@given(st.text(max_size=60))
def test_tokens_cover_everything_but_white_space_in_order(text):
    tokens = tokenize(text)
    assert "".join(text[start:end] for start, end in tokens) == "".join(text.split())
    assert all(start < end for start, end in tokens)
    assert all(a[1] <= b[0] for a, b in zip(tokens, tokens[1:], strict=False))
