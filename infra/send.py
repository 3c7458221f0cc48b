"""Deliver a user's own payloads to the local API, signed as the vendor would sign them."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .company.samples import named
from .company.signing import sign
from .local.stack import Stack


class CannotSend(Exception):
    """The message says what is missing and where it comes from."""


def send_files(
    stack: Stack, source: str, files: Sequence[Path], *, connection: str = "default", event_type: str = ""
) -> list[dict[str, Any]]:
    """One row per file: file, status, events, first event id or the reason of a refusal. Raises CannotSend."""
    known = stack.vendor_keys()
    if source not in known:
        raise CannotSend(f"no keys to sign as {source!r}; the local stack has those of {', '.join(sorted(known))}")
    missing = [str(path) for path in files if str(path) != "-" and not path.is_file()]
    if missing:
        raise CannotSend(f"no such file: {', '.join(missing)}")
    told = {file: named(source, file.name) for file in files}
    kinds = {file: event_type or told[file].event_type for file in files}
    if unnamed := [str(file) for file, kind in kinds.items() if source == "github" and not kind]:
        raise CannotSend(
            f"GitHub names the event in a header, and {', '.join(unnamed)} does not tell it: add --event-type, such as "
            "--event-type pull_request, or name the file webhook__pull_request.json"
        )
    path = f"/hooks/{source}" + ("" if connection == "default" else f"/{connection}")
    results = []
    for file in files:
        body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        url = stack.public_base_url + path
        signed = sign(source, body, url, known[source], datetime.now(UTC), kinds[file], headers=told[file].headers)
        target = stack.api_url + signed.url.removeprefix(stack.public_base_url)
        status, answer = _post(target, signed.body, signed.headers)
        results.append({"file": str(file), "status": status, **_told(answer)})
    return results


def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    request = urllib.request.Request(url, body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        raise CannotSend(f"the local API does not answer at {url}: {error}; see `sophia status`") from error


def _told(answer: str) -> dict[str, Any]:
    """The receiver's answer; a handshake's is whatever the vendor asked to hear."""
    try:
        told = json.loads(answer)
    except ValueError:
        told = {}
    ids = told.get("event_ids") or [None]
    return {
        "events": told.get("events"),
        "event_id": ids[0],
        "answer": told.get("refused") or ("stored" if ids[0] else answer[:60]),
    }
