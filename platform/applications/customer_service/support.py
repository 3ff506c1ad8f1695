"""Whether what a decoder wrote says no more than the approved answers that it was given. Pure.

Words are compared, not meanings: a rule that was set with care and not measured. It is strict, since the
price of a refusal is small: the approved answer is given as it stands.
"""

import re
from collections.abc import Sequence

from applications.customer_service.lexical import words_of

LEAST_SHARE = 0.8  # of the telling words, in the answers or in the question
_LONGER = 1.5  # times the answers
_SPARE = 80  # characters, for a greeting
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_PLACEHOLDER = re.compile(r"\[[A-Z_]+_?\d*\]")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+")
_NOT = re.compile(
    r"\b(?:not?|never|none|nobody|nothing|cannot|without)\b|n[’']t\b|[不没無无未勿莫别]", re.IGNORECASE
)
_SHORTEST = 4  # letters of a word that tells something; shorter ones hold sentences together, as these do:
_SMALL = {
    "your", "yours", "this", "that", "these", "those", "there", "here", "with", "have", "will", "been",
    "from", "they", "them", "their", "would", "could", "please", "thank", "thanks", "sorry", "hello", "dear",
    "about", "which", "when", "where", "what", "also", "very", "just",
    "您好", "谢谢", "抱歉", "请问", "我们", "您的", "可以", "一下",
}  # fmt: skip


def is_supported(reply: str, *, question: str, answers: Sequence[str]) -> bool:
    """Every number, placeholder and address stands in the answers; nearly every telling word there or in the
    question; and it denies something only if they do, and the other way round."""
    known = "\n".join(answers)
    if not reply.strip() or len(reply) > _LONGER * len(known) + _SPARE:
        return False
    for pattern in (_NUMBER, _PLACEHOLDER, _ADDRESS):
        if not set(pattern.findall(reply)) <= set(pattern.findall(known)):
            return False
    # One answer may deny what another does not speak of.
    denies = [bool(_NOT.search(answer)) for answer in answers]
    if bool(_NOT.search(reply)) not in denies:
        return False
    told = _telling(reply)
    there = set(words_of(known)) | set(words_of(question))
    return not told or sum(word in there for word in told) >= LEAST_SHARE * len(told)


def _telling(text: str) -> list[str]:
    """Of Chinese those of two characters and more."""
    long = {word for word in words_of(text) if len(word) >= (2 if _CHINESE.match(word) else _SHORTEST)}
    return sorted(long - _SMALL)
