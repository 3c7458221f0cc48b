"""Jobs on machines of Lambda Labs, launched for one run each. They are billed until terminated: there is no time to
live, no idempotency key and no spot market, so every machine bears its run's name and the reaper ends it."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from events import keys
from events.gpu_job import Kind, Manifest

from .lambda_labs_api import Candidate, LambdaLabs, candidates
from .lambda_labs_machine import Fetch, user_data
from .pins import VLLM
from .place import Failed, Lease, NoCapacity, Offer, Owned, Running, Started, State, parse_run_name, run_name

_TRIES = 5
"""Launches take 12 seconds each: so many candidates, the cheapest, are asked for before another place is."""
_MEMORY_GB: Mapping[Kind, int] = {"embed": 16, "enrich": 40}
# Halves of published figures at 4 characters a token, see on_modal; unmeasured on these machines.
_CHARACTERS_PER_S: Mapping[Kind, float] = {"embed": 460_000, "enrich": 60_000}
_BOOT_S = 330.0
"""238 to 333 seconds until SSH answered, field report of 2026-08-31."""
_LONGEST = timedelta(minutes=55)
"""A role's session that another role asked for lasts an hour at most: docs.aws.amazon.com, IAM, "Role chaining"."""


class OnLambdaLabs:
    """environment gives what the worker of a job may know (access to the lake that ends with the lease); fetches what
    its machine loads first, the worker's wheel at least. Both are asked at every start, for they expire."""

    name = "lambda_labs"
    is_billed_until_stopped = True

    def __init__(
        self,
        api: LambdaLabs,
        lake: str,
        fleet: str,
        *,
        ssh_key_name: str,
        environment: Callable[[Manifest], Mapping[str, str]],
        fetches: Callable[[Manifest], tuple[Fetch, ...]],
    ) -> None:
        self._api, self._lake, self._fleet, self._ssh_key_name = api, lake, fleet, ssh_key_name
        self._environment, self._fetches = environment, fetches

    def offer(self, kind: Kind) -> Offer:
        """At the live price of the dearest machine that a start would try."""
        dearest = self._candidates(kind)[-1].usd_per_hour
        return Offer(dearest, boot_s=_BOOT_S, characters_per_s=_CHARACTERS_PER_S[kind], longest=_LONGEST)

    def start(self, manifest: Manifest, lease: Lease) -> Started:
        name = run_name(self._fleet, lease)
        told = user_data(
            run=name,
            manifest=keys.gpu_manifest(manifest.job_id),
            lake=self._lake,
            lasts=lease.ends_at - lease.started_at,
            environment=self._environment(manifest),
            fetches=self._fetches(manifest),
            packages=(VLLM,) if manifest.kind == "enrich" else (),
        )
        for candidate in self._candidates(manifest.kind):
            if candidate.usd_per_hour > lease.price_usd_per_hour:
                continue  # dearer than what was reserved: prices move
            try:
                handle = self._api.launch(candidate, name, self._ssh_key_name, told)
            except NoCapacity:
                continue
            return Started(handle, candidate.usd_per_hour)
        raise NoCapacity(f"lambda_labs has no machine for {name!r} at {lease.price_usd_per_hour} USD an hour now")

    def poll(self, handle: str) -> State:
        status = self._api.status(handle)
        if status in ("booting", "active"):
            return Running(is_up=status == "active")
        return Failed(status, True, f"the machine is {status}")

    def stop(self, handle: str) -> None:
        self._api.terminate([handle])

    def owned(self) -> list[Owned]:
        found = []
        for instance in self._api.instances():
            if run := parse_run_name(self._fleet, instance.get("name") or ""):
                cents = (instance.get("instance_type") or {}).get("price_cents_per_hour")
                found.append(Owned(instance["id"], *run, None if cents is None else cents / 100))
        return found

    def _candidates(self, kind: Kind) -> list[Candidate]:
        """At least one. Raises NoCapacity."""
        found = candidates(self._api.instance_types(), _MEMORY_GB[kind])[:_TRIES]
        if not found:
            raise NoCapacity(f"lambda_labs lists no machine of {_MEMORY_GB[kind]} GB with capacity")
        return found
