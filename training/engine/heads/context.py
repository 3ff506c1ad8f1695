"""Model inputs for one turn: the turn itself first, then who speaks and what was said around it."""

from collections.abc import Iterable, Sequence

from training.engine.heads.base import Settings
from training.engine.payload import Turn
from training.engine.tokens import TextEncoder, Tokens

_CONTEXT_SHARE = 3  # context never takes more than a third of the input


def spoken(turn: Turn) -> str:
    return f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text


def context_texts(turns: Sequence[Turn], index: int, settings: Settings) -> list[str]:
    """The current speaker, then the neighbouring turns in their order."""
    before = turns[max(0, index - settings.context_before) : index]
    after = turns[index + 1 : index + 1 + settings.context_after]
    speaker = turns[index].speaker
    return ([speaker] if speaker else []) + [spoken(turn) for turn in (*before, *after)]


def all_texts(turns: Sequence[Turn], indexes: Iterable[int], settings: Settings) -> list[str]:
    """Every text that the inputs of these turns will need, so that each is tokenized once."""
    return [text for index in indexes for text in (turns[index].text, *context_texts(turns, index, settings))]


def context_ids(
    turns: Sequence[Turn], index: int, settings: Settings, tokens: dict[str, Tokens], text: TextEncoder
) -> list[int] | None:
    """Token ids of the second segment, or None without context; long neighbours keep what is nearest."""
    pieces = [tokens[piece].ids for piece in context_texts(turns, index, settings)]
    if not pieces:
        return None
    # With very many neighbours each has one token, and the separators alone would fill the input.
    room = max(1, settings.max_length // _CONTEXT_SHARE // len(pieces))
    ids: list[int] = []
    for number, piece in enumerate(pieces):
        ids += [*(text.separator if number else []), *piece[-room:]]
    return ids[-(settings.max_length // 2) :]


def eligible(turns: Sequence[Turn], settings: Settings) -> list[int]:
    """Indexes of the turns that the field asks about; texts without speakers always count."""
    asked = settings.field.speakers
    return [i for i, turn in enumerate(turns) if not asked or turn.speaker is None or turn.speaker in asked]
