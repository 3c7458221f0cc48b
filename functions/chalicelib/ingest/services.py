"""What all that speaks to vendors touches, passed in: state, connections, the lake, the queue, time and chance."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from events.envelope import Envelope

from .breaker import Breaker
from .connections import Connections
from .source import Connection, Pull, Source
from .state_table import StateTable
from .token_bucket import HalfPace, TokenBuckets, scaled
from .vendor_http import VendorHttp


@dataclass(frozen=True)
class Services:
    """land makes envelopes durable or raises; enqueue(body, delay_s) orders more work of the same kind; client makes
    the HTTP client of a run."""

    table: StateTable
    connections: Connections
    source_named: Callable[[str], Source | None]
    land: Callable[[Sequence[Envelope]], Any]
    enqueue: Callable[[str, int], None]
    client: Callable[[], httpx.Client]
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    rng: random.Random = field(default_factory=random.Random)

    def asking(
        self,
        connection: Connection,
        pull: Pull,
        client: httpx.Client,
        *,
        remaining_s: Callable[[], float],
        before_each: Callable[[], None] = lambda: None,
        is_patient: bool = False,
    ) -> VendorHttp:
        """A vendor connection for one run. A patient one leaves at least every other slot to whoever is not."""
        key = f"{connection.source}/{connection.connection_id}"
        # An account may have bought higher limits than the vendor's usual ones, and a simulated vendor has none.
        rates = scaled(pull.rates, float(connection.options.get("rate_factor", 1)))
        buckets = TokenBuckets(self.table, key, rates, self.now, self.sleep)
        return VendorHttp(
            connection,
            pull,
            client=client,
            buckets=HalfPace(buckets, rates, self.sleep) if is_patient else buckets,
            breaker=Breaker(self.table, key, self.now),
            remaining_s=remaining_s,
            sleep=self.sleep,
            rng=self.rng,
            before_each=before_each,
            now=self.now,
        )
