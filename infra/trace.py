"""One event's way through the house: the answer its sender got, the object and its proof, raw row, staging, marts."""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chalicelib.ingest.source import QUARANTINE
from events.envelope import Envelope, decode

from .local.stack import Stack
from .warehouse import query


def trace(stack: Stack, event_id: str) -> list[dict[str, Any]]:
    """One row per step, in the event's own order: step, where, what, verdict (ok, waiting or broken).

    Empty when the warehouse has no such event.
    """
    copies = query(
        stack.warehouse_port,
        "select source, connection_id, stream, entity_id, lane, trace_id, received_at, landed_at, object_key "
        "from RAW_DATA.EVENTS where event_id = %s order by landed_at",
        [event_id],
    )
    if not copies:
        return []
    first = copies[0]
    how = "answered 2xx" if first["LANE"] == "webhook" else "read from the vendor"
    steps = [
        _step(
            "received",
            first["LANE"],
            f"{how} at {first['RECEIVED_AT']:%Y-%m-%d %H:%M:%S} UTC, trace {first['TRACE_ID']}",
        )
    ]
    steps += [_object(stack, copy, event_id) for copy in copies]
    steps.append(
        _step("loaded", "RAW_DATA.EVENTS", f"{len(copies)} row(s), first at {first['LANDED_AT']:%Y-%m-%d %H:%M:%S} UTC")
    )
    steps.append(_staged(stack, first))
    steps += _marts(stack.dbt_folder / "manifest.json", first["SOURCE"], first["STREAM"])
    return steps


def _step(step: str, where: str, what: str, verdict: str = "ok") -> dict[str, Any]:
    return {"step": step, "where": where, "what": what, "verdict": verdict}


def _object(stack: Stack, copy: Mapping[str, Any], event_id: str) -> dict[str, Any]:
    key = copy["OBJECT_KEY"]
    body = stack.client("s3").get_object(Bucket=stack.lake_bucket, Key=key)["Body"].read()
    envelopes = [decode(line) for line in gzip.decompress(body).splitlines()]
    mine = next((envelope for envelope in envelopes if envelope.event_id == event_id), None)
    if mine is None:
        return _step("archived", key, "the object does not hold this event", "broken")
    proof = proven(mine, envelopes)
    if proof is None:
        return _step("archived", key, f"no archived bytes hash to {mine.body_sha256}", "broken")
    return _step("archived", key, f"{proof} hashes to {mine.body_sha256[:16]}…, as received")


def proven(mine: Envelope, neighbours: Iterable[Envelope]) -> str | None:
    """Which archived bytes reproduce the hash of the exact body: the payload, or the body kept beside it."""
    if hashlib.sha256(bytes(mine.payload)).hexdigest() == mine.body_sha256:
        return "the payload"
    if mine.stream == QUARANTINE and hashlib.sha256(_unread(mine)).hexdigest() == mine.body_sha256:
        return "the quarantined body"
    for envelope in neighbours:
        if envelope.raw_body is None or envelope.body_sha256 != mine.body_sha256:
            continue
        text = envelope.raw_body
        body = base64.b64decode(text[len("base64:") :]) if text.startswith("base64:") else text.encode()
        if hashlib.sha256(body).hexdigest() == mine.body_sha256:
            return "the kept body"
    return None


def _unread(mine: Envelope) -> bytes:
    return base64.b64decode(json.loads(bytes(mine.payload)).get("body_base64", ""))


def _staged(stack: Stack, event: Mapping[str, Any]) -> dict[str, Any]:
    table = "STAGING.BASE_RECORDS"
    found = query(
        stack.warehouse_port,
        "select event_count, is_deleted from STAGING.BASE_RECORDS "
        "where source = %s and connection_id = %s and stream = %s and entity_id = %s",
        [event[name] for name in ("SOURCE", "CONNECTION_ID", "STREAM", "ENTITY_ID")],
    )
    entity = f"{event['STREAM']} {event['ENTITY_ID']}"
    if not found:
        return _step("staged", table, f"{entity} is not there yet: run `sophia build`", "waiting")
    row = found[0]
    state = "deleted" if row["IS_DELETED"] else "current"
    return _step("staged", table, f"{entity}, {state}, folded from {row['EVENT_COUNT']} event(s)")


def _marts(manifest: Path, source: str, stream: str) -> list[dict[str, Any]]:
    if not manifest.exists():
        return [_step("read by", "marts", "no lineage yet: run `sophia build`", "waiting")]
    return read_by(json.loads(manifest.read_text()), source, stream)


def read_by(manifest: Mapping[str, Any], source: str, stream: str) -> list[dict[str, Any]]:
    """One step per model that reads a stream, typed staging first, from dbt's own lineage."""
    nodes = manifest["nodes"]
    reached = [
        name
        for name, node in nodes.items()
        if node["resource_type"] == "model"
        and f"/staging/{source}/stg_" in node["original_file_path"]
        and f"'{stream}'" in node["raw_code"]  # typed staging names the streams it reads
    ]
    steps, seen = [], set(reached)
    while reached:
        name = reached.pop(0)
        node = nodes[name]
        relation = f"{node['schema']}.{node['name']}".upper()
        steps.append(_step("read by", relation, _sentence(node["description"])))
        children = [child for child in manifest["child_map"][name] if child.startswith("model.") and child not in seen]
        seen.update(children)
        reached += children
    return steps or [_step("read by", "marts", f"no model reads {source} {stream} yet", "ok")]


def _sentence(description: str) -> str:
    """The first: every description begins with the grain."""
    return " ".join(description.split()).split(". ")[0].rstrip(".")
