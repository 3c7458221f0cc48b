"""Contracts and usage as the billing service's records: subscriptions, invoices and payments, version by version."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..billing import Contract, Terms, Usage, contracts, usage
from ..chance import Chance
from ..crm import iso_ms
from ..history import Version
from ..world import World

_INVOICED_DAYS_AGO = (92, 62, 32)


def versions(world: World, chance: Chance) -> Iterator[Version]:
    """Every subscription from its first terms on, the last three invoices of each, and those for transactions."""
    for contract in contracts(world):
        yield from _subscription(contract)
        for number, days in enumerate(_INVOICED_DAYS_AGO):
            at = world.now - timedelta(days=days, milliseconds=chance.randint(0, 80_000_000))
            if contract.runs(at):
                yield from _contract_invoice(chance, contract, at, number)
    for one in usage(world):
        yield from _usage_invoice(chance, one)


def _subscription(contract: Contract) -> Iterator[Version]:
    for number, terms in enumerate(contract.terms):
        if terms.is_deleted:
            yield Version("subscription", contract.id, terms.at, None, "subscription.deleted")
            continue
        happened = "canceled" if terms.status == "canceled" else "updated" if number else "created"
        yield _version("subscription", happened, _record(contract, terms), terms.at)


def _record(contract: Contract, terms: Terms) -> dict[str, Any]:
    return {
        "id": contract.id,
        "customer_id": contract.company_id,
        "plan": contract.plan,
        "units": terms.units,
        "unit_amount_cents": terms.unit_amount_cents,
        "status": terms.status,
        "started_at": iso_ms(contract.started_at),
        "ended_at": iso_ms(terms.ended_at) if terms.ended_at else None,
    }


def _contract_invoice(chance: Chance, contract: Contract, at: datetime, number: int) -> Iterator[Version]:
    """Drafted, opened, and then paid, voided or deleted as a draft."""
    terms = contract.terms_at(at)
    total_cents = terms.units * terms.unit_amount_cents
    draft = _draft(chance, contract.company_id, contract.id, contract.currency, total_cents, at)
    fate = "deleted" if number == 1 and chance.happens(0.2) else "void" if chance.happens(0.08) else "paid"
    yield from _life(chance, draft, at, fate)


def _usage_invoice(chance: Chance, one: Usage) -> Iterator[Version]:
    yield from _life(
        chance, _draft(chance, one.company_id, None, "usd", one.total_cents, one.issued_at), one.issued_at, one.fate
    )


def _draft(
    chance: Chance, company_id: str, subscription_id: str | None, currency: str, total_cents: int, at: datetime
) -> dict[str, Any]:
    return {
        "id": f"in_{chance.code(14)}",
        "number": f"PR-{at:%Y%m}-{chance.number(5)}",
        "customer_id": company_id,
        "subscription_id": subscription_id,
        "status": "draft",
        "currency": currency,
        "total_cents": total_cents,
        "paid_cents": 0,
        "issued_on": at.date().isoformat(),
        "due_on": (at + timedelta(days=15)).date().isoformat(),
    }


def _life(chance: Chance, draft: dict[str, Any], at: datetime, fate: str) -> Iterator[Version]:
    yield _version("invoice", "created", draft, at)
    if fate == "deleted":
        yield Version("invoice", draft["id"], at + timedelta(hours=5), None, "invoice.deleted")
        return
    opened_at = at + timedelta(hours=20)
    invoice = {**draft, "status": "open"}
    yield _version("invoice", "finalized", invoice, opened_at)
    if fate == "void":
        yield _version("invoice", "voided", {**invoice, "status": "void"}, opened_at + timedelta(days=2))
        return
    paid_at = opened_at + timedelta(days=chance.randint(1, 20), milliseconds=chance.randint(0, 30_000_000))
    payment = {
        "id": f"pay_{chance.code(14)}",
        "invoice_id": invoice["id"],
        "customer_id": invoice["customer_id"],
        "amount_cents": invoice["total_cents"],
        "currency": invoice["currency"],
        "method": chance.choice(("ach", "card")),
        "status": "succeeded",
        "failure_reason": None,
    }
    if chance.happens(0.1):
        failed = {**payment, "status": "failed", "failure_reason": "insufficient_funds"}
        yield _version("payment", "failed", failed, paid_at - timedelta(hours=6))
    # One transaction in the billing service: both at the same instant.
    yield _version("payment", "succeeded", payment, paid_at)
    yield _version("invoice", "paid", {**invoice, "status": "paid", "paid_cents": invoice["total_cents"]}, paid_at)


def _version(stream: str, happened: str, record: dict[str, Any], at: datetime) -> Version:
    return Version(stream, record["id"], at, record, f"{stream}.{happened}")
