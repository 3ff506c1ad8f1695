"""Somebody who sees the site for the first time: what they click, type and read is counted.

The time that a person needs is estimated, not measured: the keystroke-level model of Card, Moran and Newell
(1980) with its own constants for the hands and the thought before each act, and the reading speed of
Brysbaert (2019) for the words of the page's main part that they have not met before: for all of them, and for
the share that visitors of pages read at most (Weinreich et al. 2008). The machine's own time is measured
beside it.
"""

import re
import time
from pathlib import Path

from playwright.sync_api import Locator, Page

POINT, BUTTON, KEY, THINK = 1.1, 0.2, 0.28, 1.35  # seconds: to point, press and let go, type one key, decide
WORDS_A_SECOND = 238 / 60
ALL, SCANNED = 1.0, 0.28


class Newcomer:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = self.keys = self.words = 0
        self._read: set[str] = set()
        self._since = time.monotonic()
        self.look()

    def look(self) -> None:
        """Read what is new of the page, line by line."""
        for line in self.page.get_by_role("main").inner_text().splitlines():
            if line not in self._read:
                self._read.add(line)
                # A Chinese word has about one and a half characters; everything else is split at spaces.
                self.words += len(re.findall(r"[\u4e00-\u9fff]{1,2}|[^\s\u4e00-\u9fff]+", line))

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1

    def fill(self, what: Locator, text: str) -> None:
        """A click into the field, and the text key by key."""
        what.fill(text)
        self.clicks += 1
        self.keys += len(text)

    def seconds(self, read: float) -> float:
        """Of a person who reads this share of the words, by the sources above."""
        acts = self.clicks * (THINK + POINT + BUTTON) + self.keys * KEY
        return acts + read * self.words / WORDS_A_SECOND

    def record(self, role: str, folder: Path) -> None:
        machine = time.monotonic() - self._since
        line = (
            f"{role}: {self.clicks} clicks, {self.keys} keys, {self.words} words; a person by estimate"
            f" {self.seconds(SCANNED):.0f} s, {self.seconds(ALL):.0f} s reading every word;"
            f" the machine {machine:.1f} s as measured"
        )
        (folder / f"first-success-{role}.txt").write_text(line + "\n", encoding="utf-8")
        print(line)
