"""What `sophia doctor NAME` looks at: a source's doors, samples, lanes, staging models and simulator."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from chalicelib import sources
from chalicelib.ingest.source import Delivery, Source

from .company import vendors
from .company.samples import named
from .company.signing import new_credentials, sign

ROOT = Path(__file__).parents[1]
DOORS = {
    "source": "functions/chalicelib/sources/{name}.py",
    "records": "events/{name}/__init__.py",
    "samples": "events/{name}/samples",
    "staging": "dbt_project/models/staging/{name}",
    "tests": "tests/functions/sources/test_{name}.py",
    "simulator": "infra/company/vendors/{name}.py",
}
_NO_VENDOR = ("sophia",)
"""We simulate vendors, not ourselves."""


def known() -> list[str]:
    """Every name that has at least one door."""
    folders = [path.name for path in (ROOT / "events").iterdir() if (path / "samples").is_dir()]
    return sorted({*sources.names(), *folders})


def examine_source(name: str, root: Path = ROOT) -> list[dict[str, Any]]:
    """One row per check: check, verdict (ok, problem, unknown), found, advice."""
    found = list(_doors(name, root))
    source = sources.load(name)
    if source is None:
        return found
    checks: list[Callable[[Source, Path], Iterator[dict[str, Any]]]] = [_samples, _lanes, _census, _staging, _simulator]
    for check in checks:
        try:
            found += list(check(source, root))
        except Exception as error:  # a stub that breaks is a finding, not the end of the examination
            found.append(_row(check.__name__.strip("_"), "problem", f"{type(error).__name__}: {error}", "mend it"))
    return found


def _row(check: str, verdict: str, found: str, advice: str = "") -> dict[str, Any]:
    return {"check": check, "verdict": verdict, "found": found, "advice": advice if verdict != "ok" else ""}


def _doors(name: str, root: Path) -> Iterator[dict[str, Any]]:
    for door, pattern in DOORS.items():
        if door == "simulator" and name in _NO_VENDOR:
            continue
        path = pattern.format(name=name)
        there = (root / path).exists()
        yield _row(f"door: {door}", "ok" if there else "problem", path, f"write {path}")


def _samples(source: Source, root: Path) -> Iterator[dict[str, Any]]:
    """What the samples of deliveries mean, and which pulled stream has no sample of its listing."""
    folder = root / "events" / source.name / "samples"
    if source.webhook:
        credentials = new_credentials(source.name, random.Random(1))  # an RSA key takes half a second
        told = {
            f"{event.stream} {event.operation}"
            for path in sorted(folder.glob("webhook__*"))
            for event in _meant(source, path, *credentials)
        }
        advice = "write events/…/samples/webhook__<what>.json for every stream and operation"
        yield _row("webhook samples", "ok" if told else "problem", ", ".join(sorted(told)) or "none", advice)
    if source.pull:
        names = [path.stem.removeprefix("pull__") for path in folder.glob("pull__*")]
        bare = [one.name for one in source.pull.streams if not any(_is_about(one.name, name) for name in names)]
        advice = "write samples/pull__<stream>.json, as the vendor's API answers"
        verdict = "problem" if not names else "unknown" if bare else "ok"
        found = f"none named after {', '.join(bare)}" if bare else f"{len(names)} answers, every stream"
        yield _row("pull samples", verdict, found, advice)


def _is_about(stream: str, sample: str) -> bool:
    """call and calls, company and companies, message_reply and message_replies."""
    stem = stream[:-1] if stream.endswith("y") else stream
    return sample.startswith(stem) or stem in sample


def _meant(source: Source, path: Path, stored: dict[str, Any], kept: dict[str, Any]) -> Any:
    """The events of a sample, delivered as the simulator signs it: stored is what we know of its keys, kept what it
    does."""
    assert source.webhook
    told = named(source.name, path.name)
    now, url = datetime.now(UTC), f"https://hooks.payready.example/hooks/{source.name}"
    signed = sign(source.name, path.read_bytes(), url, kept, now, event_type=told.event_type, headers=told.headers)
    headers = {key.lower(): value for key, value in signed.headers.items()}
    return source.webhook.read(
        Delivery(source.name, "default", "POST", signed.url, headers, signed.body, now, stored.get("webhook", {}))
    )


def _lanes(source: Source, root: Path) -> Iterator[dict[str, Any]]:
    lanes = lanes_of(source)
    yield _row("lanes", "ok" if lanes else "problem", ", ".join(lanes) or "none", "a source has at least one lane")
    if not source.webhook:
        return
    if source.subscriptions:
        how = "by its API" + (", renewed" if source.subscriptions.renew else "")
        yield _row("subscriptions", "ok", how)
    elif source.by_hand:
        yield _row("subscriptions", "ok", f"by hand, {len(source.by_hand)} steps told")
    else:
        yield _row("subscriptions", "unknown", "neither an API nor steps", "say in by_hand how a person registers it")


def lanes_of(source: Source) -> list[str]:
    """webhook, pull, file: those it has."""
    found = {"webhook": source.webhook, "pull": source.pull, "file": source.drop}
    return [lane for lane, spec in found.items() if spec]


def _census(source: Source, root: Path) -> Iterator[dict[str, Any]]:
    for stream in source.pull.streams if source.pull else ():
        census = stream.census
        if census is None:
            yield _row(f"census: {stream.name}", "unknown", "not reconciled", "say why beside census=None")
            continue
        has = {"whole": census.is_whole, "fetch": census.fetch, "total": census.total, "own listing": census.records}
        told = [name for name, spec in has.items() if spec]
        yield _row(f"census: {stream.name}", "ok", ", ".join(told) or "by its own reading")


def _staging(source: Source, root: Path) -> Iterator[dict[str, Any]]:
    """Every model described and its key tested."""
    folder = root / "dbt_project/models/staging" / source.name
    described: dict[str, Any] = {}
    for path in folder.glob("*.yml"):
        described |= {one["name"]: one for one in (yaml.safe_load(path.read_text()) or {}).get("models") or ()}
    models = sorted(path.stem for path in folder.glob("stg_*.sql"))
    for model in models:
        told = described.get(model)
        keyed = told and any("is_key" in str(one.get("data_tests", "")) for one in told.get("columns", ()))
        verdict, found = (
            ("ok", "described, key tested") if keyed else ("problem", "no key tested" if told else "not described")
        )
        yield _row(f"model: {model}", verdict, found, f"describe it in models/staging/{source.name}/_{source.name}.yml")
    if not models:
        yield _row("models", "problem", "none", f"write models/staging/{source.name}/stg_{source.name}__….sql")


def _simulator(source: Source, root: Path) -> Iterator[dict[str, Any]]:
    if source.name in _NO_VENDOR:
        return
    is_there = source.name in vendors.names()
    yield _row(
        "simulator", "ok" if is_there else "problem", "found" if is_there else "none", "write infra/company/vendors"
    )
