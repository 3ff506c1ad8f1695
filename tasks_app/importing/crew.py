"""Other processes that prepare lines while this one reads the file and stores what they made.

Two frames go in at the start of a batch (where the lines are, and the lines), one comes back. A helper that
is killed ends the import with an OSError, after which the job is taken up again from its last batch; a helper
whose import is killed finds its input at an end and leaves.
"""

import contextlib
import signal
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import Any, BinaryIO, cast

import orjson

from privacy.keeping import Kept
from tasks_app.importing.preparing import Prepared, PreparedItem, Setup, prepare
from tasks_app.importing.records import Batch, Raw

_AHEAD = 2  # batches per helper that are on their way; more would only take memory
_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True)
class Helper:
    process: "subprocess.Popen[bytes]"
    # A thread of its own writes and reads, so that no pipe fills while its other end waits.
    talker: ThreadPoolExecutor

    def prepare(self, batch: Batch) -> "Future[Prepared]":
        return self.talker.submit(self._round_trip, batch.lines)

    def _round_trip(self, lines: Sequence[Raw]) -> Prepared:
        stdin, stdout = cast(BinaryIO, self.process.stdin), cast(BinaryIO, self.process.stdout)
        write_frame(stdin, orjson.dumps([[raw.number, raw.end, len(raw.line)] for raw in lines]))
        write_frame(stdin, b"".join(raw.line for raw in lines))
        stdin.flush()
        answer = read_frame(stdout)
        if answer is None:
            raise OSError("A process that prepared lines of the import is gone.")
        return _prepared(answer)


@contextlib.contextmanager
def helpers(setup: Setup, count: int) -> Iterator[list[Helper]]:
    """`count` processes that prepare lines as `setup` says, for as long as the block runs."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(_helper(setup, number)) for number in range(count)]


@contextlib.contextmanager
def _helper(setup: Setup, number: int) -> Iterator[Helper]:
    command = [sys.executable, "-m", "tasks_app.importing.crew"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
    talker = ThreadPoolExecutor(1, thread_name_prefix=f"import-helper-{number}")
    try:
        write_frame(cast(BinaryIO, process.stdin), orjson.dumps(asdict(setup)))
        yield Helper(process, talker)
    finally:
        process.kill()  # it holds nothing that has to be put in order
        talker.shutdown(cancel_futures=True)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what could not be written any more
                cast(BinaryIO, pipe).close()
        process.wait()


def in_order(found: Iterable[Batch], team: Sequence[Helper]) -> Iterator[tuple[Batch, Prepared]]:
    """Each batch with what was made of it, in the order of the file."""
    waiting: deque[tuple[Batch, Future[Prepared]]] = deque()
    for batch, helper in zip(found, cycle(team), strict=False):
        waiting.append((batch, helper.prepare(batch)))
        if len(waiting) >= _AHEAD * len(team):
            done, future = waiting.popleft()
            yield done, future.result()
    for done, future in waiting:
        yield done, future.result()


def write_frame(stream: BinaryIO, content: bytes) -> None:
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame, or None when the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None


def _prepared(answer: bytes) -> Prepared:
    found = orjson.loads(answer)
    return Prepared(**{**found, "items": [_item(item) for item in found["items"]]})


def _item(found: dict[str, Any]) -> PreparedItem:
    return PreparedItem(**{**found, "kept": Kept(**found["kept"]) if found["kept"] else None})


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """What a helper does until its input ends."""
    first = read_frame(stdin)
    if first is None:
        return
    setup = Setup(**orjson.loads(first))
    while (places := read_frame(stdin)) is not None and (text := read_frame(stdin)) is not None:
        lines, at = [], 0
        for number, end, length in orjson.loads(places):
            lines.append(Raw(number, end, text[at : at + length]))
            at += length
        write_frame(stdout, orjson.dumps(prepare(setup, lines)))
        stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the import, which then closes our input
    serve(sys.stdin.buffer, sys.stdout.buffer)
