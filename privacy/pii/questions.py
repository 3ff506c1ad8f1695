"""What a turn asks for, as far as the reading of its answer depends on it."""

import re

_REQUEST = re.compile(
    r"\b(?:please|provide|share|give|tell|need|confirm|enter|may i|help me with)\b|请|告诉|提供"
)
# Without one of these in a turn there is no need to look for the expression.
_REQUEST_WORDS = frozenset(
    {"please", "provide", "share", "give", "tell", "need", "confirm", "enter", "may", "help"}
)
_CHINESE_NUMBER = re.compile("订单号|单号|订单编号|运单")

# The kinds of a bare code, in the order in which the words for them are looked for.
CODES = (
    ("PHONE", frozenset({"phone", "mobile", "telephone", "cell", "contact"})),
    ("SSN", frozenset({"ssn", "social"})),
    ("PASSWORD", frozenset({"password", "passcode", "pin"})),
    ("POSTCODE", frozenset({"zip", "zipcode", "postcode", "postal"})),
    ("BOOKING", frozenset({"booking", "reservation", "confirmation", "reference"})),
    ("ORDER", frozenset({"order", "tracking"})),
    ("CLAIM", frozenset({"claim"})),
    ("POLICY", frozenset({"policy"})),
    ("ACCOUNT", frozenset({"account", "card", "customer", "member", "id"})),
)
NAMES = frozenset({"name", "names", "surname", "called", "speaking"})
NUMBERS = frozenset({"order", "booking", "reference", "confirmation", "tracking", "ticket"})
NOTHING: frozenset[str] = frozenset()
ANYTHING = "?"
CHINESE_NUMBER = "单号"
_VOCABULARY = frozenset().union(NAMES, NUMBERS, *(cues for _kind, cues in CODES))


def question_of(lower: str, words: frozenset[str]) -> frozenset[str]:
    """The words of the lists above in a turn that reads like a request, with ANYTHING; else nothing.

    CHINESE_NUMBER when an order's number is spoken of in Chinese, in whatever kind of sentence.
    """
    plain = lower.isascii()
    asks = "?" in lower or "？" in lower
    if not asks and not (plain and _REQUEST_WORDS.isdisjoint(words)):
        asks = _REQUEST.search(lower) is not None
    found = words & _VOCABULARY | {ANYTHING} if asks else NOTHING
    if not plain and _CHINESE_NUMBER.search(lower):
        found |= {CHINESE_NUMBER}
    return found
