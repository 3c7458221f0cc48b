"""The company's own billing events as far as staging reads them, and samples of what is sent to `custom` connections.

A message is Standard Webhooks' {type, timestamp, data}: `invoice.paid`, RFC 3339, the whole record as it then was; of a
deletion the id alone. Amounts are whole cents. Other streams of a custom connection have the shape their sender chose:
staging types these three. A sample `webhook__*.json` is the body of one delivery.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str


class Subscription(_Record):
    """What a customer pays for; customer_id is the CRM's id of the company."""

    customer_id: str
    plan: str
    units: int
    """Apartments under management."""
    unit_amount_cents: int
    """A month."""
    status: Literal["active", "paused", "canceled"]
    started_at: datetime
    ended_at: datetime | None = None


class Invoice(_Record):
    number: str
    customer_id: str
    subscription_id: str | None = None
    status: Literal["draft", "open", "paid", "void", "uncollectible"]
    currency: str
    total_cents: int
    paid_cents: int
    issued_on: date
    due_on: date | None = None


class Payment(_Record):
    """Failed ones are told too; one that succeeds later is the same payment."""

    invoice_id: str
    customer_id: str
    amount_cents: int
    currency: str
    method: str
    status: Literal["pending", "succeeded", "failed", "refunded"]
    failure_reason: str | None = None


class Message(BaseModel):
    """One delivery."""

    model_config = ConfigDict(frozen=True)

    type: str
    timestamp: datetime
    data: dict[str, object]
