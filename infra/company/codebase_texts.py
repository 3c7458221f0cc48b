"""What stands in the repositories of Pay Ready, and when in the history it was written, changed, renamed or deleted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """One file: what it says from which share of the history on (0: before it; None: it is gone from then on).
    is_ours: people wrote it, and it may be found by what it says. Bytes are what is no UTF-8."""

    path: str
    versions: tuple[tuple[float, str | bytes | None], ...]
    is_ours: bool = True


def _once(path: str, text: str | bytes, is_ours: bool = True) -> Written:
    return Written(path, ((0, text),), is_ours)


_FEES = '''"""Late fees, as the lease and the state allow them."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def late_fee(rent: Decimal, days_late: int, rate: Decimal) -> Decimal:
    """What a resident owes for paying late. The grace period is five days."""
    if days_late <= 5:
        return Decimal(0)
    return {fee}
'''
_BANK_FILES = '''"""Bank files: one line per payment, read again after a timeout."""


def read_lines(body: bytes) -> list[str]:
    """The payments of a file. Banks write an apostrophe in a name as two."""
    return [line.replace("''", "'") for line in body.decode("cp1252").splitlines() if line]


def is_settled(line: str) -> bool:
    return line[:2] == "22"
'''
_BALANCES = '''"""What a resident owes, from the entries of the ledger."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Entry:
    account_id: str
    amount: Decimal


class Ledger:
    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def post(self, entry: Entry) -> None:
        """Entries are never changed: a mistake is taken back by another."""
        self.entries.append(entry)

    def balance(self, account_id: str) -> Decimal:
        return sum((one.amount for one in self.entries if one.account_id == account_id), Decimal(0))
'''
_ACCOUNTS = """create table accounts (
    account_id text primary key,
    resident_name text not null
);

-- Overdue accounts, the oldest debt first.
select account_id, min(due_on) as overdue_since
from charges
where paid_on is null
group by account_id;
"""
_AUTOPAY = """import { schedule } from './schedule';

export interface Autopay {
  leaseId: string;
  dayOfMonth: number;
}

// A resident chooses the day on which the rent is taken.
export function nextDebit(autopay: Autopay, today: Date): Date {
  const month = today.getDate() > autopay.dayOfMonth ? today.getMonth() + 1 : today.getMonth();
  return schedule(today.getFullYear(), month, %s);
}
"""
_RECEIPT = """import React from 'react';

type Part = { label: string; cents: number };

export const Receipt = ({ parts }: { parts: Part[] }) => {
  const total = parts.reduce((sum, part) => sum + part.cents, 0);
  return <table>{parts.map((part) => <tr key={part.label}><td>{part.label}</td></tr>)}<tr><td>{total}</td></tr></table>;
};
"""
_SESSION = """const MINUTES = 20;

// Paying takes longer than reading: nobody is logged out between the two.
export function isExpired(lastSeen, now, isPaying) {
  return !isPaying && now - lastSeen > MINUTES * 60 * 1000;
}
"""
_REFUNDS = """package refunds

// Refund gives money back, and never twice for one payment.
func Refund(store Store, paymentID string, cents int64) error {
	%sreturn store.Book(paymentID, -cents)
}
"""
_RETRY = """package retry

// Again tries a bank three times.
func Again(try func() error) (err error) {
	for n := 0; n < 3; n++ {
		if err = try(); err == nil {
			return nil
		}
	}
	return err
}
"""
_MAIN = """package main

func main() {
	serve(":8080")
}
"""
_REMINDERS = '''"""Which reminder a resident gets, by how late the rent is."""

STEPS = ((3, "friendly"), (10, "firm"), (30, "payment_plan"))


def reminder(days_late: int) -> str | None:
    """The last step that was reached; None before the first."""
    reached = [name for days, name in STEPS if days_late >= days]
    return reached[-1] if reached else None
'''
_PLAN = '''"""Payment plans: a debt in equal parts."""


def parts(cents: int, months: int) -> list[int]:
    """The parts differ by one cent at most, and their sum is the debt."""
    whole, rest = divmod(cents, months)
    return [whole + (1 if n < rest else 0) for n in range(months)]
'''
_QUEUE = """resource "aws_sqs_queue" "payments" {
  name                       = "payments"
  visibility_timeout_seconds = 300
}
"""
_ROTATE = """#!/bin/sh
# Rotate the signing keys: the old one stays valid for a day.
set -eu
make_key new
activate new
retire old --after 24h
"""

_LEDGER_README = (
    "# Ledger\n\nEvery cent a resident owes or pays.\n\n## Closing a month\n\nRun the export%s, then lock the month.\n"
)
_RUNBOOK = "# Payments are slow\n\n## First\n\nLook at the age of the oldest payment in the queue.\n"

FILES: dict[str, tuple[Written, ...]] = {
    "ledger": (
        Written("README.md", ((0, _LEDGER_README % " twice"), (0.5, _LEDGER_README % ""))),
        Written(
            "src/ledger/fees.py",
            (
                (0, _FEES.format(fee="rent * rate")),
                (0.4, _FEES.format(fee="(rent * rate).quantize(CENT, ROUND_HALF_UP)")),
            ),
        ),
        Written("src/ledger/files.py", ((0, _BANK_FILES), (0.6, None))),
        Written("src/ledger/bank_files.py", ((0.6, _BANK_FILES),)),
        _once("src/ledger/balances.py", _BALANCES),
        _once("migrations/0001_accounts.sql", _ACCOUNTS),
        _once("migrations/0000_from_the_old_system.sql", "-- Beträge in Euro\nselect 1;\n".encode("latin-1")),
        _once("uv.lock", 'version = 1\n\n[[package]]\nname = "ledger"\n', is_ours=False),
    ),
    "resident-portal": (
        Written(
            "src/autopay.ts",
            ((0, _AUTOPAY % "autopay.dayOfMonth"), (0.3, _AUTOPAY % "Math.min(autopay.dayOfMonth, 28)")),
        ),
        _once("src/receipt.tsx", _RECEIPT),
        _once("src/session.js", _SESSION),
        _once("package-lock.json", '{"lockfileVersion": 3}\n', is_ours=False),
        _once("public/logo.png", b"\x89PNG\r\n\x1a\n\x00", is_ours=False),
        _once("public/analytics.min.js", "!function(){}();\n", is_ours=False),
    ),
    "payments-api": (
        _once("cmd/api/main.go", _MAIN),
        Written(
            "internal/refunds/refunds.go",
            ((0, _REFUNDS % ""), (0.7, _REFUNDS % "if store.IsRefunded(paymentID) {\n\t\treturn nil\n\t}\n\t")),
        ),
        Written("internal/retry/retry.go", ((0, _RETRY), (0.2, None))),
        _once("vendor/example.com/clock/clock.go", "package clock\n", is_ours=False),
    ),
    "collections": (
        _once("src/reminders.py", _REMINDERS),
        Written("src/plan.py", ((0.5, _PLAN),)),
        _once("data/postcodes.sql", "insert into postcodes values ('94105');\n" * 6_000, is_ours=False),
    ),
    "platform": (
        _once("main.tf", _QUEUE),
        _once("docs/payments_are_slow.md", _RUNBOOK),
        _once("scripts/rotate_keys.sh", _ROTATE),
    ),
}
"""By repository."""
