"""Looking for a person in texts, where no index helps: policy "keep", and what no detector found.

The apps that hold texts say how theirs are searched; see `register`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

from privacy.pii.wording import stands_in, wording_of

Report = Callable[[float], None]
# A regular expression of PostgreSQL (~*) -> (share that is read, item, its texts) for what matches
Search = Callable[[str], Iterator[tuple[float, UUID, str]]]
_searches: list[Search] = []


def register(search: Search) -> None:
    """From `AppConfig.ready`. A search yields now and then also where nothing matched, with an empty text."""
    if search not in _searches:
        _searches.append(search)


def search_items(*, values: Sequence[str], report: Report = lambda share: None) -> frozenset[UUID]:
    """Items in whose text one of `values` stands in the clear, as a word of its own, however it is spaced.

    Reads every text once (about a minute for a million items): for a task, which shows `report`'s share, 0
    to 1. Values of fewer than three letters are not looked for.
    """
    wordings = [wording for value in values if (wording := wording_of(value))]
    if not wordings:
        return frozenset()
    either = "|".join(f"(?:{wording})" for wording in dict.fromkeys(wordings))
    pattern = re.compile(either, re.IGNORECASE)
    found = set()
    for number, search in enumerate(_searches):
        for share, item, text in search(either):
            if text and stands_in(pattern, text):
                found.add(item)
            report((number + share) / len(_searches))
    return frozenset(found)
