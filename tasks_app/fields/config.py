"""Reads one field's JSON configuration and collects what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks_app.fields.problem import Problem, said, step
from tasks_app.fields.strings import is_index, is_storable, nfc

MAX_LABELS = 200
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}|[a-z][a-z0-9-]{0,29}")


@dataclass(frozen=True, slots=True)
class Label:
    """One label. `name` goes into answers and models; the titles and the colour are for people."""

    name: str
    title: str = ""
    title_zh: str = ""
    color: str = ""

    def to_json(self) -> str | dict[str, str]:
        extra = {"title": self.title, "title_zh": self.title_zh, "color": self.color}
        given = {key: value for key, value in extra.items() if value}
        return {"name": self.name, **given} if given else self.name


class ConfigReader:
    """Typed access to one configuration object. Never raises: `problems` holds what must be mended."""

    def __init__(self, raw: Mapping[str, Any], pointer: str) -> None:
        self._raw = raw
        self._pointer = pointer
        self.problems: list[Problem] = []

    def refuse(self, key: str, code: str, detail: str) -> None:
        self.problems.append(Problem(step(self._pointer, key), code, detail))

    def allow(self, own: frozenset[str], known: frozenset[str]) -> None:
        """Refuse keys of no field type, and keys of another type unless they are switched off."""
        for key, value in self._raw.items():
            if key not in known:
                self.refuse(key, "unknown_key", said("No field has such an option; remove it."))
            elif key not in own and value not in (None, False, "", []):
                detail = said("This option does not apply to a field of this type.")
                self.refuse(key, "not_applicable", detail)

    def name(self) -> str:
        name = self._raw.get("name")
        if isinstance(name, str) and _NAME.fullmatch(name):
            return name
        detail = said(
            'Use 1 to 40 small letters, digits, "_" and "-", beginning with a letter, such as "intent".'
        )
        self.refuse("name", "name", detail)
        return ""

    def text(self, key: str, *, most: int = 200) -> str:
        raw = self._raw.get(key) or ""
        if not isinstance(raw, str) or not is_storable(raw) or len(raw) > most:
            self.refuse(key, "text", said("Expected a text of at most %(most)s characters.", most=most))
            return ""
        return nfc(raw).strip()

    def flag(self, key: str, *, default: bool = False) -> bool:
        raw = self._raw.get(key, default)
        if isinstance(raw, bool):
            return raw
        self.refuse(key, "type", said("Expected true or false."))
        return default

    def count(self, key: str, *, default: int, most: int, least: int = 1) -> int:
        raw = self._raw.get(key, default)
        if is_index(raw) and least <= raw <= most:
            return raw
        detail = said("Expected a whole number from %(least)s to %(most)s.", least=least, most=most)
        self.refuse(key, "range", detail)
        return default

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        """The first of `allowed` is the default."""
        raw = self._raw.get(key, allowed[0])
        if isinstance(raw, str) and raw in allowed:
            return raw
        detail = said("For a field of this type expected one of: %(allowed)s.", allowed=", ".join(allowed))
        self.refuse(key, key, detail)
        return allowed[0]

    def speakers(self) -> tuple[str, ...]:
        return self.names("speakers", said('Expected a list of speakers such as ["customer"].'))

    def names(self, key: str, expected: str) -> tuple[str, ...]:
        raw = self._raw.get(key) or []
        if not isinstance(raw, list) or not all(isinstance(name, str) and name.strip() for name in raw):
            self.refuse(key, "type", expected)
            return ()
        return tuple(dict.fromkeys(nfc(name).strip() for name in raw))

    def labels(self) -> tuple[Label, ...]:
        raw = self._raw.get("labels")
        if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_LABELS:
            self.refuse("labels", "labels", said("Give a list of 1 to %(most)s labels.", most=MAX_LABELS))
            return ()
        labels: dict[str, Label] = {}
        for index, entry in enumerate(raw):
            place = f"{self._pointer}/labels/{index}"
            label = self._label(entry, place)
            if label and label.name in labels:
                self.problems.append(Problem(place, "duplicate", said("This label is there already.")))
            elif label:
                labels[label.name] = label
        return tuple(labels.values())

    def _label(self, entry: object, pointer: str) -> Label | None:
        raw: Mapping[str, Any] = {"name": entry} if isinstance(entry, str) else entry  # type: ignore[assignment]
        if not isinstance(raw, Mapping) or not set(raw) <= {"name", "title", "title_zh", "color"}:
            detail = said('Expected a name, or an object of "name", "title", "title_zh" and "color".')
            self.problems.append(Problem(pointer, "label", detail))
            return None
        reader = ConfigReader(raw, pointer)
        label = Label(**{key: reader.text(key, most=80) for key in ("name", "title", "title_zh", "color")})
        if not label.name and not reader.problems:
            reader.refuse("name", "empty", said("A label needs a name."))
        if not label.name.isprintable():
            detail = said("A label's name has no line breaks or invisible characters.")
            reader.refuse("name", "character", detail)
        if label.color and not _COLOR.fullmatch(label.color):
            reader.refuse("color", "color", said('Expected a colour such as "#1f7a8c".'))
        self.problems += reader.problems
        return None if reader.problems else label
