"""`sophia intake`: a person's files into the lake's drops/, where the function `intake` finds them.

Locally the folder .sophia/drops/<source> is what the demonstration drops: `imagined` fills it, `upload` drops it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chalicelib import sources
from chalicelib.ingest.dropped import ACCEPTS_FEWER_ROWS
from chalicelib.ingest.intake import DROPS

from .company import vendors
from .company.world import World


class CannotDrop(Exception):
    """The message says which file or source, and what to do."""


@dataclass(frozen=True)
class Dropped:
    """One file that was uploaded."""

    file: str
    key: str
    size_bytes: int


def upload(
    s3: Any, bucket: str, source: str, paths: Sequence[Path], *, accepts_fewer_rows: bool = False
) -> list[Dropped]:
    """Every file in paths, and in the folders among them, dropped under its own name. Raises CannotDrop.

    Dropping a file again does no harm: it is known by its content.
    """
    known = sources.load(source)
    if known is None or known.drop is None:
        takers = [name for name in sources.names() if (one := sources.load(name)) and one.drop]
        raise CannotDrop(f"{source!r} takes no files; these do: {', '.join(takers)}")
    files = list(_files(paths, known.drop.suffixes))
    if not files:
        raise CannotDrop(f"nothing there ends with {' or '.join(known.drop.suffixes)}: name files or folders of them")
    metadata = {ACCEPTS_FEWER_ROWS: "true"} if accepts_fewer_rows else {}
    dropped = []
    for path, name in files:
        body = path.read_bytes()
        s3.put_object(Bucket=bucket, Key=f"{DROPS}{source}/{name}", Body=body, Metadata=metadata)
        dropped.append(Dropped(str(path), f"{DROPS}{source}/{name}", len(body)))
    return dropped


def imagined(
    world: World, folder: Path, until: datetime | None = None, names: Iterable[str] | None = None
) -> dict[str, Path]:
    """The files that people at the simulated company would drop of these sources, of all where none are named, written
    below folder; by source, where they lie."""
    places = {}
    for vendor in vendors.every(names):
        for name, body in vendor.files(world, until or world.now):
            places[vendor.name] = folder / vendor.name
            path = places[vendor.name] / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
    return places


def _files(paths: Sequence[Path], suffixes: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """With the name each is dropped under: below a folder its path there. A file that is named is taken whatever its
    suffix, so that its refusal is seen."""
    for path in paths:
        if path.is_file():
            yield path, path.name
        elif path.is_dir():
            for found in sorted(path.rglob("*")):
                if found.is_file() and found.suffix.lower() in suffixes:
                    yield found, found.relative_to(path).as_posix()
        else:
            raise CannotDrop(f"no such file or folder: {path}")
