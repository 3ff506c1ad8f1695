"""A version's whole folder as a zip, piece by piece: weights as safetensors, else text; never a pickle."""

from collections.abc import Iterator
from pathlib import Path

from annotations.exporting.zipping import StreamedZip
from training.models import ModelVersion

# What a model folder may hold; anything else stays behind, above all what runs code when it is loaded.
SUFFIXES = frozenset({".safetensors", ".json", ".jinja", ".txt", ".md", ".model", ".onnx"})
_PIECE = 2**20


def files_of(version: ModelVersion) -> list[Path]:
    """In the order of their names; links are not followed out of the folder."""
    return sorted(
        path
        for path in version.folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.suffix in SUFFIXES
    )


def zipped(version: ModelVersion) -> Iterator[bytes]:
    """One member after the other, a mebibyte at a time, under a folder named by model and version."""
    archive = StreamedZip()
    top = f"{version.model.name}-v{version.number}"
    for path in files_of(version):
        name = f"{top}/{path.relative_to(version.folder).as_posix()}"
        with path.open("rb") as source, archive.member(name) as member:
            while piece := source.read(_PIECE):
                member.write(piece)
                yield archive.made()
    yield archive.finish()
