"""A stand-in truth for conversations that have none, made by plain rules, so that any file can play the demo.

question: a customer's sentence that ends with a question mark, or begins like a question where the writer
uses no marks. answer: the statements of the agent's next turn after a question, up to the agent's own first
question. intent: what the row says (`intent`, the first telling entry of `intents`, the domain of the first
act, `domains`), the seven most frequent ones and "other". emotion: keywords, else calm.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MOST_INTENTS = 7
OTHER = "other"
# a full stop within "4.5" or "example.com" ends nothing; Chinese marks end a sentence without a space
_SENTENCE = re.compile(r"[^.!?。！？]*(?:[.!?](?!\s|$)[^.!?。！？]*)*(?:[.!?]+(?=\s|$)|[。！？]+|$)")
_ASKS = re.compile(
    r"\s*(?:(?:and|so|ok|okay|also|well|yes|no|hi|hello|great|thanks)[ ,]+)*"
    r"(?:what|when|where|who|which|why|how|can|could|would|will|is|are|was|do|does|did|may|have you)\b",
    re.IGNORECASE,
)
_ASKS_ZH = re.compile(r"(?:吗|呢|多少|哪|什么|怎么|几|是不是|能不能|可不可以)")
_SMALL_TALK = re.compile(
    r"\s*(?:hi|hello|hey)?[ ,!]*(?:how are you|how's it going|"
    r"(?:can|could) you (?:please )?help(?: me)?(?: out| with that)?|"
    r"are you (?:there|still there)|is (?:any|some)(?:one|body) there|在吗|你好)\W*$",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"\s*(?:ok(?:ay)?|sure|certainly|of course|thank you|thanks|let me (?:check|see|look)|one moment|"
    r"just a (?:moment|second)|i'?m sorry|sorry|you'?re welcome|hello|hi|good (?:morning|afternoon|evening)|"
    r"好的|稍等|不客气)\b[^.!?。！？]{0,25}[.!。！]*\s*$",
    re.IGNORECASE,
)
_FEELINGS = {
    "annoyed": "ridiculous unacceptable annoy angry terrible awful worst useless frustrat 气死 太差 离谱",
    "worried": "worr afraid nervous anxious urgent stolen asap hurry 担心 着急 害怕",
    "pleased": "great perfect wonderful awesome excellent fantastic amazing lovely 太好 棒 开心 真不错",
}
_DULL = re.compile(r"content|confirm|greet|rejection|thank|outofdomain|general|none|inform$|request$", re.I)


def add_truth(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with a `truth` each; they come with `turns` (customer / agent) and `hints` (as read)."""
    named = [_intent(row) for row in rows]
    frequent = {name for name, _ in Counter(named).most_common(MOST_INTENTS)}
    return [
        {**row, "truth": _truth(row["turns"], name if name in frequent else OTHER)}
        for row, name in zip(rows, named, strict=True)
    ]


def _truth(turns: Sequence[Mapping[str, str]], intent: str) -> dict[str, Any]:
    return {"qa": _spans(turns), "intent": intent, "emotion": _emotion(turns)}


def _spans(turns: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    spans: list[dict[str, Any]] = []
    open_question = False
    for number, turn in enumerate(turns):
        if turn["speaker"] == "customer":
            found = [place for place in sentences(turn["text"]) if _is_question(turn["text"][slice(*place)])]
            spans += [_span(number, place, "question") for place in found]
            open_question = bool(found)
        elif open_question:
            place = _answer(turn["text"])
            spans += [_span(number, place, "answer")] if place else []
            open_question = False
    return spans


def _span(turn: int, place: tuple[int, int], label: str) -> dict[str, Any]:
    return {"turn": turn, "start": place[0], "end": place[1], "label": label}


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences lie, without white space at their edges."""
    places = []
    for match in _SENTENCE.finditer(text):
        body = match[0].strip()
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        if any(char.isalnum() for char in body):
            places.append((start, start + len(body)))
    return places


def _is_question(sentence: str) -> bool:
    if _SMALL_TALK.match(sentence):
        return False
    if sentence.endswith(("?", "？")):
        return True
    unmarked = sentence[-1].isalnum()
    return unmarked and len(sentence) > 8 and bool(_ASKS.match(sentence) or _ASKS_ZH.search(sentence))


def _answer(text: str) -> tuple[int, int] | None:
    """From the first sentence that says something to the last before the agent asks back."""
    start = end = None
    for place in sentences(text):
        sentence = text[slice(*place)]
        if sentence.endswith(("?", "？")):
            break
        if start is None and _FILLER.match(sentence):
            continue
        start, end = (place[0] if start is None else start), place[1]
    return None if start is None or end is None else (start, end)


def _emotion(turns: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    return [
        {"turn": number, "label": _feeling(turn["text"].lower())}
        for number, turn in enumerate(turns)
        if turn["speaker"] == "customer"
    ]


def _feeling(text: str) -> str:
    found = (name for name, words in _FEELINGS.items() if any(word in text for word in words.split()))
    return next(found, "calm")


def _intent(row: Mapping[str, Any]) -> str:
    domains = row.get("domains") if isinstance(row.get("domains"), list) else []
    candidates = [row.get("intent"), *_hinted(row.get("hints", ())), *(domains or ())]
    for candidate in candidates:
        if isinstance(candidate, str) and candidate.strip() and not _DULL.search(candidate):
            return re.sub(r"[^\w]+", "_", candidate.strip().lower())[:40]
    return OTHER


def _hinted(turns: Iterable[Any]) -> Iterable[Any]:
    """What the turns' own `intents` and `acts` name, in order."""
    for turn in turns:
        yield from turn.get("intents") or ()
        for act in turn.get("acts") or ():
            if isinstance(act, Mapping):
                name = str(act.get("act", ""))
                yield name.split("-")[0] if "-" in name else None
            elif isinstance(act, list) and len(act) > 1:
                yield act[1]
