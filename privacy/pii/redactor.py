"""Replace the personal data of one dialogue: the same value, the same replacement, everywhere in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, get_args

from privacy.pii.finding import Finding, Scope
from privacy.pii.folding import MASK, PLACEHOLDER
from privacy.pii.offsets import UNCHANGED, OffsetMap, replace_spans
from privacy.pii.plan import Plan, plan_for
from privacy.pii.scan import Turn, merge, moved, scan_turn
from privacy.pii.surrogates import Surrogates
from privacy.pii.values import Repeats, normalised, person_parts

Policy = Literal["placeholder", "surrogate", "mask", "keep", "drop"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Redacted:
    """New texts, what was found (turn, finding in the old text's offsets, replacement) and one map per turn.

    `dropped` says that the policy is drop and something was found: the item is not to be stored.
    """

    texts: list[str]
    findings: list[tuple[int, Finding, str]] = field(default_factory=list)
    maps: list[OffsetMap] = field(default_factory=list)
    dropped: bool = False


class Redactor:
    """One per dialogue or item; it remembers what it replaced, so a second call goes on where the first
    ended.

    Placeholders look like [PERSON_1]; those that a text has already are left alone and their numbers not
    used again. A placeholder, a mask and what lies around them come out of a second pass unchanged.
    """

    def __init__(
        self,
        policy: Policy = "placeholder",
        secret: bytes | None = None,
        *,
        language: Language | None = None,
        scope: Scope = "direct",
    ) -> None:
        if policy not in POLICIES:
            raise ValueError(f"No such policy: {policy}. Choose one of {', '.join(POLICIES)}.")
        self.policy = policy
        self.language = language
        self.scope: Scope = scope
        self._surrogates = Surrogates(secret or b"") if policy == "surrogate" else None
        self._replacements: dict[tuple[str, str], str] = {}
        self._people: dict[str, str | None] = {}  # a word of a name -> whose it is; None: of several
        self._counts: dict[str, int] = {}
        self._repeats = Repeats()
        self._plan = plan_for(language, None, scope)
        self._any_language = plan_for(None, None, scope)

    def redact_turns(self, texts: list[str], proposed: Sequence[Sequence[Finding]] | None = None) -> Redacted:
        """Scan the turns in their order and replace by the policy.

        `keep` looks at nothing and changes nothing. `proposed` are findings of another detector, a list for
        each turn, that are merged with the rules'.
        """
        if self.policy == "keep":
            return Redacted(list(texts), [], [OffsetMap() for _ in texts])
        return self.replace(texts, self._find_all(texts, proposed))

    def redact_around(self, texts: list[str]) -> Redacted:
        """The same of what stands around the turns (names, meta), which need not be in their language."""
        own, self.language = self.language, None
        self._plan, plan = self._any_language, self._plan
        try:
            return self.redact_turns(texts)
        finally:
            self.language, self._plan = own, plan

    def replace(self, texts: list[str], found: Sequence[Sequence[Finding]]) -> Redacted:
        """Replace what was found, by place and without overlaps in each text, and look for nothing more."""
        self._reserve_numbers(texts)
        replaced: list[tuple[int, Finding, str]] = []
        new_texts: list[str] = []
        maps: list[OffsetMap] = []
        for turn, (text, findings) in enumerate(zip(texts, found, strict=True)):
            if not findings:
                new_texts.append(text)
                maps.append(UNCHANGED)
                continue
            pairs = [
                (finding, new)
                for finding in findings
                if (new := self._replacement(was := text[finding.start : finding.end], finding.kind)) != was
            ]
            new_text, offsets = replace_spans(text, [(f.start, f.end, value) for f, value in pairs])
            replaced += [(turn, finding, value) for finding, value in pairs]
            new_texts.append(new_text)
            maps.append(offsets)
        return Redacted(new_texts, replaced, maps, dropped=self.policy == "drop" and bool(replaced))

    def knows(self, text: str) -> bool:
        """Whether a value that was found in this dialogue stands in the text as well."""
        return bool(self._repeats.find(Turn(text).clues))

    def remember(self, value: str, kind: str, replacement: str) -> None:
        """Replace the value by this from now on, as was done elsewhere in the dialogue."""
        key = normalised(value, kind)
        self._replacements[(kind, self._person_key(key) if kind == "PERSON" else key)] = replacement
        self._repeats.learn(value, Finding(0, len(value), kind, 1.0, "known"))

    def _reserve_numbers(self, texts: list[str]) -> None:
        for text in texts:
            for kind, number in PLACEHOLDER.findall(text) if "[" in text else ():
                self._counts[kind] = max(self._counts.get(kind, 0), int(number))

    def _find_all(
        self, texts: list[str], proposed: Sequence[Sequence[Finding]] | None
    ) -> list[list[Finding]]:
        """Per turn, what to replace: the scan, what is said again, and what shows only once the rest is
        gone.
        """
        found: list[list[Finding]] = [[] for _ in texts]
        turns = [Turn(text) for text in texts]
        for before, after in pairwise(turns):
            after.clues.previous = before.clues
        unread: Sequence[int] = range(len(texts))
        unsearched = unread
        while unread:
            fresh = _with_proposed(self._scan(turns, unread), proposed)
            proposed = None  # once: what they have is walled off from here on
            for turn, findings in fresh.items():
                for finding in findings:
                    if self._repeats.learn(texts[turn][finding.start : finding.end], finding):
                        unsearched = range(len(texts))
            grown = []
            for turn in sorted({*unsearched, *fresh}):
                new = [*fresh.get(turn, []), *self._said_again(turns[turn])]
                if new:
                    found[turn] = merge([*found[turn], *merge(new)])
                    grown.append(turn)
            unread = unsearched = self._reread(turns, texts, found, grown)
        return found

    def _plan_of(self, turn: Turn) -> Plan:
        """A turn in the other language's script is read by its detectors too, whatever the file says."""
        if self.language is None:
            return self._plan
        clues = turn.clues
        other = clues.han if self.language == "en" else not clues.han and len(clues.words) > 2
        return self._any_language if other else self._plan

    def _scan(self, turns: list[Turn], unread: Iterable[int]) -> dict[int, list[Finding]]:
        found = ((turn, scan_turn(turns[turn], self._plan_of(turns[turn]))) for turn in unread)
        return {turn: findings for turn, findings in found if findings}

    @staticmethod
    def _reread(
        turns: list[Turn], texts: list[str], found: list[list[Finding]], grown: list[int]
    ) -> Sequence[int]:
        """Wall off what was found. Returns the turns that may read differently now.

        Those are the walled ones, and the answers to questions that have changed.
        """
        changed = set(grown)
        for at in grown:
            before, turns[at] = turns[at], Turn(_walled(texts[at], found[at]))
            turns[at].clues.previous = before.clues.previous
            if at + 1 < len(turns):
                turns[at + 1].clues.previous = turns[at].clues
                if turns[at].clues.question != before.clues.question:
                    changed.add(at + 1)
        return sorted(changed)

    def _said_again(self, turn: Turn) -> list[Finding]:
        return [moved(again, turn.folded) for again in self._repeats.find(turn.clues)]

    def _replacement(self, value: str, kind: str) -> str:
        if self.policy == "mask":
            return MASK * len(value)
        key = (kind, normalised(value, kind))
        if kind == "PERSON":
            key = (kind, self._person_key(key[1]))
        if self._surrogates:
            return self._surrogates.stand_in(value, kind)
        if key not in self._replacements:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._replacements[key] = f"[{kind}_{self._counts[kind]}]"
        return self._replacements[key]

    def _person_key(self, name: str) -> str:
        """The full name that a part stands for, when only one in this dialogue has it."""
        if ("PERSON", name) in self._replacements:
            return name
        parts = person_parts(name)
        if len(parts) == 1 and (whole := self._people.get(next(iter(parts)))):
            return whole
        for part in parts:
            self._people[part] = name if self._people.get(part, name) == name else None
        return name


def _with_proposed(
    found: dict[int, list[Finding]], proposed: Sequence[Sequence[Finding]] | None
) -> dict[int, list[Finding]]:
    more = {turn: findings for turn, findings in enumerate(proposed or ()) if findings}
    return found | {turn: merge([*found.get(turn, []), *findings]) for turn, findings in more.items()}


def _walled(text: str, findings: list[Finding]) -> str:
    """The text with what was found masked in place: same length, and no detector reads into or across it."""
    return replace_spans(text, [(f.start, f.end, MASK * (f.end - f.start)) for f in findings])[0]
