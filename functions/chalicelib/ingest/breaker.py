"""The circuit breaker of one vendor connection: after repeated failures we stop asking for a while.

closed → (failures in a row) → open → (time) → half-open: one probe → closed, or open for twice as long. Only an
absent vendor counts as a failure; a refusal of one request does not. Michael Nygard, "Release It!", "Circuit Breaker".
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ..errors import CircuitOpen
from .state_table import StateTable

FAILURES_TO_OPEN = 5
_OPEN_S = 60.0
_OPEN_MOST_S = 3600.0
_PROBE_S = 120.0
"""A probe that has said nothing for so long has died: another may go."""


@dataclass(frozen=True)
class Circuit:
    """failures in a row; how often it opened since the vendor last answered; until when it is open, in epoch seconds;
    until when a probe is on its way."""

    failures: int = 0
    openings: int = 0
    open_until: float | None = None
    probe_until: float | None = None

    def wait_s(self, now: float) -> float:
        """How long until the next request may go, 0 when it may go now."""
        return max(0.0, (self.open_until or 0.0) - now, (self.probe_until or 0.0) - now)

    def probing(self, now: float) -> "Circuit":
        return Circuit(self.failures, self.openings, self.open_until, now + _PROBE_S)

    def failed(self, now: float) -> "Circuit":
        failures = self.failures + 1
        if self.open_until is None and failures < FAILURES_TO_OPEN:
            return Circuit(failures)
        if (self.open_until or 0.0) > now:
            return self  # a run that began before it opened
        open_s = min(_OPEN_S * 2**self.openings, _OPEN_MOST_S)
        return Circuit(failures, self.openings + 1, now + open_s)


class Breaker:
    """The breaker of one connection as one run sees it: asked before its first request, told how requests went."""

    def __init__(self, table: StateTable, connection: str, now: Callable[[], datetime]) -> None:
        self._table = table
        self._connection = connection
        self._now = now
        self._is_admitted = False
        self._is_clean = False

    def admit(self) -> None:
        """Raises CircuitOpen while it is open, or while another run probes."""
        if self._is_admitted:
            return

        def decide(attributes: Mapping[str, Any]) -> Mapping[str, Any] | None:
            circuit, now = Circuit(**attributes), self._now().timestamp()
            if wait_s := circuit.wait_s(now):
                raise CircuitOpen(f"{self._connection!r} failed repeatedly: not asked for {wait_s:.0f} s", wait_s)
            self._is_clean = circuit == Circuit()
            return None if circuit.open_until is None else asdict(circuit.probing(now))

        self._change(decide)
        self._is_admitted = True

    def succeeded(self) -> None:
        """The vendor answers: closed, and everything forgotten."""
        if not self._is_clean:
            self._change(lambda attributes: {} if attributes else None)
            self._is_clean = True

    def failed(self) -> None:
        """The vendor gave no usable answer within the retry budget."""
        self._change(lambda attributes: asdict(Circuit(**attributes).failed(self._now().timestamp())))
        self._is_admitted = self._is_clean = False

    def _change(self, decide: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]) -> None:
        self._table.change(f"breaker#{self._connection}", "-", decide)
