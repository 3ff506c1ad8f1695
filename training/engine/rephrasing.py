"""A causal decoder that was trained for no project puts known answers into one reply."""

from collections.abc import Sequence
from typing import Any

import torch

from training.engine.build import usable_length
from training.engine.decoder import Decoder, load_decoder
from training.engine.device import choose_device
from training.engine.heads.text import in_template

_ASKED = (
    "Answer the customer in the language of the question, in one or two sentences. Say only what the "
    "approved answers say, and leave out what was not asked."
)
_LONGEST = 2_048  # tokens of prompt and reply


class Rephraser:
    """Keeps the decoder in memory. Not for several threads at once."""

    def __init__(self, base: str, *, threads: int = 0) -> None:
        """threads: on the CPU, for this whole process; 0 leaves it to torch."""
        if threads:
            torch.set_num_threads(threads)
        self._device = choose_device("auto")
        model = load_decoder(base)
        self._tokenizer = model.reply_tokenizer
        self._room = usable_length(model, _LONGEST)
        self._network = Decoder(model.to(self._device), self._tokenizer).eval()

    def write(
        self, question: str, known: Sequence[tuple[str, str]], *, most_tokens: int, most_seconds: float
    ) -> str:
        """The reply, greedily; "" where the prompt leaves no room or the reply has not ended in time.

        known: (question, approved answer), the best first.
        """
        prompt = self._prompt(question, known)
        room = min(most_tokens, self._room - len(prompt))
        if room < 1:
            return ""
        return self._network.reply_in_time(
            prompt, device=self._device, most_tokens=room, most_seconds=most_seconds
        )

    def _prompt(self, question: str, known: Sequence[tuple[str, str]]) -> list[int]:
        told = "\n".join(f"- {asked}\n  {answer}" for asked, answer in known)
        said = f"{_ASKED}\n\nApproved answers:\n{told}\n\nCustomer: {question}"
        if self._tokenizer.chat_template:
            shown = in_template(self._tokenizer, [{"role": "user", "content": said}])
            return _ids(self._tokenizer, shown)
        opening = [] if self._tokenizer.bos_token_id is None else [self._tokenizer.bos_token_id]
        return [*opening, *_ids(self._tokenizer, f"{said}\nReply:")]


def _ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
