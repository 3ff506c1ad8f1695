"""Which words are English or usual in chats. What is left, alone in a turn or capitalised, is a name."""

from collections.abc import Iterator
from functools import lru_cache

from privacy.pii.detectors.base import words
from privacy.pii.gazetteer import COMMON, FAMILY, GIVEN, NAMES, NO_NAME, listed

ENGLISH = listed("english")
KNOWN = ENGLISH | COMMON | listed("chat") | listed("nationalities")
COUNTRIES = listed("countries")  # and cities that are people's names too; words of one are joined by _
PLACES = listed("places") | COUNTRIES
NATIONALITIES = listed("nationalities")

_SHORTEST = 3
_VOWELS = frozenset("aeiouyäöüáéíóúàèìòùâêîôûåæøœãõ")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# What slips are made of most: a word one slip away from these is none of anybody's.
_REPLIES = words(
    "yes yeah okay sure thanks thank please sorry hello welcome good great nothing correct right wrong "
    "maybe nope alright awesome perfect fine done wait wonderful cool today tomorrow tonight morning evening "
    "afternoon address password number account email phone order booking confirmation claim policy insurance "
    "cancel change check help agent bye later hotel flight ticket pizza burger coffee chicken cheese large "
    "medium small window aisle interested really exactly absolutely definitely understand information "
    "questions everything problem service customer business economy luxury vehicle internet delivery "
    "vegetarian pepperoni mushroom regular yesterday thankyou waiting goodbye"
)


def is_unknown(word: str) -> bool:
    """Whether a word in lower case, letters only, is neither English nor of chats, and can be said."""
    return (
        len(word) >= _SHORTEST
        and word not in KNOWN
        and word.isalpha()
        and not _VOWELS.isdisjoint(word)
        and not (word.endswith("s") and word[:-1] in KNOWN)
    )


@lru_cache(maxsize=4096)
def is_slip(word: str) -> bool:
    """Whether a word is a usual reply with a letter too many, too few, changed or swapped, or drawn out."""
    drawn = "".join(char for at, char in enumerate(word) if at == 0 or char != word[at - 1])
    return drawn in KNOWN or not _REPLIES.isdisjoint(_near(word))


@lru_cache(maxsize=4096)
def is_near_word(word: str) -> bool:
    """The same of any word: "intrested" is no name after "I am"."""
    return not KNOWN.isdisjoint(_near(word))


def _near(word: str) -> Iterator[str]:
    """Everything at a distance of one (Damerau 1964): a letter left out, put in, changed, two swapped."""
    for at in range(len(word) + 1):
        left, right = word[:at], word[at:]
        yield left + right[1:]
        yield left + right[1:2] + right[:1] + right[2:]
        for letter in _LETTERS:
            yield left + letter + right[1:]
            yield left + letter + right


def may_be_name(word: str) -> bool:
    """Whether a word in lower case is on a list of names and no word besides, or unknown and no slip."""
    if word in NO_NAME:
        return False
    return (word in NAMES and word not in ENGLISH) or (is_unknown(word) and not is_slip(word))


def is_full_name(first: str, last: str) -> bool:
    """Two words in lower case, both on the lists of names: "henry green"."""
    return first in GIVEN and (last in FAMILY or last in GIVEN)


def is_place(name: list[str]) -> bool:
    """Whether words in lower case are a place together, or the last of them is one."""
    return "_".join(name) in PLACES or name[-1] in PLACES
