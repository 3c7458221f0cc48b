"""What lies in the lake of a GPU job: its manifest, its worker's heartbeat, the markers of its finished shards."""

from typing import TypeVar

import msgspec

from events import keys
from events.gpu_job import Done, Heartbeat, Manifest
from gpu_jobs.dispatch import model_slug

from ..ingest.lake import Lake

_Shape = TypeVar("_Shape")


class JobFiles:
    """As they lie there now; None where there is no such object, or somebody wrote what cannot be read."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def manifest(self, job_id: str) -> Manifest | None:
        return self._read(keys.gpu_manifest(job_id), Manifest)

    def heartbeat(self, job_id: str) -> Heartbeat | None:
        return self._read(keys.gpu_heartbeat(job_id), Heartbeat)

    def done(self, manifest: Manifest) -> list[Done]:
        """Of the shards that are finished, in the manifest's order."""
        slug = model_slug(manifest)
        found = (self._read(keys.gpu_done(slug, shard.shard_id), Done) for shard in manifest.shards)
        return [one for one in found if one is not None]

    def _read(self, key: str, shape: type[_Shape]) -> _Shape | None:
        body = self._lake.get(key)
        try:
            return None if body is None else msgspec.json.decode(body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
