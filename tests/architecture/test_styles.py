"""Styles: colours from tokens that can be read in both themes, and no side called left or right."""

import re
from collections.abc import Iterator

import pytest

from config.contrast import contrast, ratio, tokens
from tests.architecture.test_site import ROOT

STYLES = sorted(ROOT.glob("static/css/*.css"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SURFACES = ("--paper", "--card", "--sunk", "--raised")
WORDS = ("--ink", "--ink-2", "--accent", "--good", "--warn", "--bad")
LABELS = tuple(f"--l{number}" for number in range(1, 9))
# What is drawn on a surface of its own.
PAIRS = [
    ("--accent-ink", "--accent"), ("--accent-ink", "--accent-strong"), ("--accent-strong", "--accent-soft"),
    ("--accent", "--accent-soft"), ("--good", "--good-soft"), ("--warn", "--warn-soft"),
    ("--bad", "--bad-soft"),
    ("--toast-ink", "--toast"), ("--toast-ink", "--toast-bad"),
]  # fmt: skip
# Edges of controls and of what a figure means (WCAG 2.2, 1.4.11).
EDGES = ("--line-strong", "--accent", "--ink-3")


def declarations() -> Iterator[tuple[str, str, str]]:
    """(file, property, value) of everything that the styles say."""
    for path in STYLES:
        text = COMMENT.sub("", path.read_text(encoding="utf-8"))
        for name, value in re.findall(r"(?<=[{;\s])([\w-]+):\s*([^;{}]+)[;}]", text):
            yield path.name, name, value.strip()


def sides(value: str) -> list[str]:
    """The lengths of a shorthand, brackets whole."""
    return re.findall(r"[\w.-]+\([^()]*\)|[^\s()]+", value)


def test_no_side_is_called_left_or_right() -> None:
    """Logical ones turn with the direction of writing."""
    named = [one for one in declarations() if re.search(r"\b(left|right)\b", f"{one[1]}: {one[2]}")]
    uneven = [
        (file, name, value)
        for file, name, value in declarations()
        if name in {"margin", "padding", "inset"} and len(found := sides(value)) == 4 and found[1] != found[3]
    ]
    assert [named, uneven] == [[], []]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_can_be_read_on_every_surface(theme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1; labels of spans are words as well."""
    known = tokens(theme)
    pairs = [(ink, under) for under in SURFACES for ink in (*WORDS, *LABELS)] + PAIRS
    low = {pair: found for pair in pairs if (found := contrast(known, *pair)) < 4.5}
    assert low == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_edge_can_be_seen(theme: str) -> None:
    """WCAG 2.2, 1.4.11: 3 to 1."""
    known = tokens(theme)
    low = {
        pair: found
        for pair in ((edge, under) for edge in EDGES for under in SURFACES)
        if (found := contrast(known, *pair)) < 3
    }
    assert low == {}


def test_the_formula_gives_known_ratios() -> None:
    """From WCAG's own examples: black on white, and the lightest grey that passes on white."""
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert ratio("#fff", "#fff") == 1


def test_colours_are_chosen_among_the_tokens_only() -> None:
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")
    free = [one for one in declarations() if one[0] != "tokens.css" and literal.search(one[2])]
    assert free == []


def test_every_token_that_is_used_is_defined() -> None:
    known = set(tokens("light")) | {"--c"}
    used = {name for path in STYLES for name in re.findall(r"var\((--[\w-]+)", path.read_text())}
    assert used - known == set()
