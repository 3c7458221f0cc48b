"""Which repositories a connection reads: those the operator named, else all of the organization."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import msgspec

from ..errors import ConfigurationMissing
from ..ingest.bodies import typed
from ..ingest.pages import LinkHeader, Request, items, walk
from ..ingest.source import Reading

MOST = {"per_page": 100}


class Repository(msgspec.Struct):
    """What GitHub says of one; pushed_at is the newest push to any of its branches, None before the first."""

    full_name: str = ""
    default_branch: str | None = None
    pushed_at: str | None = None
    fork: bool = False


_repository = msgspec.json.Decoder(Repository)


def of_organization(reading: Reading, since: datetime | None = None) -> Request:
    """The first page of its repositories. Raises ConfigurationMissing where the connection names none."""
    if organization := reading.connection.options.get("organization"):
        return Request(f"orgs/{organization}/repos", params=MOST)
    which = f"github/{reading.connection.connection_id}"
    raise ConfigurationMissing(f"connection {which} names no organization and no repositories: add them to its options")


def names(reading: Reading) -> Iterable[str]:
    """owner/name of each. Raises ConfigurationMissing."""
    if named := reading.connection.options.get("repositories"):
        return named
    return (one.full_name for one in _listed(reading))


def with_code(reading: Reading) -> Iterator[Repository]:
    """Those whose files the option `code` opens to us: none unless it is true, or names them. A fork is mostly others'
    work, so it has to be named. One that is closed to us is left out. Raises ConfigurationMissing."""
    opened = _opened(reading)
    if opened is None:
        yield from (one for one in _listed(reading) if not one.fork)
    else:
        yield from (one for name in opened if (one := asked_for(reading, name)))


def opens_code_of(reading: Reading, one: Repository) -> bool:
    """Whether the option `code` opens that repository."""
    opened = _opened(reading)
    if opened is None:
        return not one.fork and one.full_name.partition("/")[0] == reading.connection.options.get("organization")
    return one.full_name in opened


def _opened(reading: Reading) -> Collection[str] | None:
    """By name, those the option `code` opens; None for all of the organization but its forks."""
    code, named = reading.connection.options.get("code"), reading.connection.options.get("repositories")
    if code is True:
        return named or None
    return code or ()


def asked_for(reading: Reading, name: str) -> Repository | None:
    """The repository of that name, under its present one where it was renamed; None where it is closed to us."""
    answer = reading.http.ask(Request(f"repos/{name}"))
    return typed(_repository, answer.body) if answer.ruling.kind == "ok" else None


def _listed(reading: Reading) -> Iterator[Repository]:
    for response, _ in walk(reading.http, of_organization(reading), LinkHeader()):
        yield from (one for raw in items(response.body) if (one := typed(_repository, raw)).full_name)
