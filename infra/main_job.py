"""The main job, without a word printed: a company's webhooks and pulls carried through a running stack into the marts.

The webhooks are disturbed (infra.company.faults): what they lose, pulls, GitHub's redeliveries and the comparison with
what the vendors have bring.
"""

import json
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import dbt
from .company import deliveries, faults, vendors, world
from .company.send import Ledger, deliver
from .intake import imagined, upload
from .local.stack import LOOSE_LIMITS, Stack, Steps
from .pull import pull_now, wait_until_loaded
from .reconcile import reconcile_now

SENDERS = 4


@dataclass(frozen=True)
class Company:
    """A company and what its vendors send of it. The same seed, the same bytes."""

    seed: int
    world: world.World
    disturbed: faults.Disturbed
    sources: tuple[str, ...]

    @property
    def vendor_options(self) -> tuple[str, ...]:
        """Stack.up starts the stand-ins of this company's vendors with these."""
        return ("--seed", str(self.seed), *LOOSE_LIMITS, "--sources", *self.sources)

    def lost_guids(self) -> list[str]:
        """GitHub's lost deliveries."""
        return [one.delivery_id for one in self.disturbed.lost if one.source == "github"]


@dataclass(frozen=True)
class Done:
    """The sender's books, one row per pull (infra.pull) and per check (infra.reconcile), and whether every model and
    test passed."""

    ledger: Ledger
    pulls: Sequence[dict[str, Any]]
    checks: Sequence[dict[str, Any]]
    is_built: bool

    def failures(self) -> list[str]:
        """Pulls and checks that did not end well."""
        pulls = [f"pull of {one['source']} {one['stream']}: {one['error']}" for one in self.pulls if one["error"]]
        return pulls + [f"check of {one['source']}: {one['error']}" for one in self.checks if one["error"]]


def imagine(seed: int, sources: Sequence[str] | None = None) -> Company:
    """A company that uses the tools of these sources, of all where none are named. Nothing runs yet."""
    imagined = world.build(seed)
    made = deliveries.deliveries(imagined, sources=sources)
    return Company(seed, imagined, faults.disturb(made, seed), tuple(sources or vendors.names()))


def run(stack: Stack, company: Company, steps: Steps) -> Done:
    """Send, drop files, pull, compare with the vendors, wait until loaded and build, on a stack whose vendors are this
    company's. May be repeated.

    The marts are told as of the company's now. Raises TimeoutError when something stays under way.
    """
    ledger = send(stack, company, steps)
    drop(stack, company, steps)
    pulls = pull_now(stack, steps)
    checks = reconcile_now(stack, steps)
    wait_until_loaded(stack, steps)
    is_built = dbt.build(stack, steps, as_of=company.world.now.isoformat())
    return Done(ledger, pulls, checks, is_built)


def drop(stack: Stack, company: Company, steps: Steps) -> None:
    """Drop the files that people at the company would drop."""
    with steps.step("drop files") as report:
        places = imagined(company.world, stack.folder / "drops")
        for source, folder in places.items():
            report(f"{source}: {len(upload(stack.client('s3'), stack.lake_bucket, source, [folder]))} files")


def send(stack: Stack, company: Company, steps: Steps) -> Ledger:
    """Deliver every webhook, and let GitHub list the deliveries nobody took: the redelivery pull finds them there."""
    sent = company.disturbed.sent
    with steps.step("send signed webhooks", total=len(sent)) as report:
        ledger = deliver(
            sent,
            stack.api_url,
            stack.public_base_url,
            stack.vendor_keys(),
            workers=SENDERS,
            on_progress=lambda outcome: report(1),
        )
    body = json.dumps({"guids": company.lost_guids() + ledger.failed_guids()}).encode()
    request = urllib.request.Request(f"{stack.vendors_url}/_control/failed_deliveries", body, method="POST")
    with urllib.request.urlopen(request, timeout=10):
        return ledger
