"""How the command `sophia` speaks: tables for people, JSON for machines, steps with their progress and time."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

WIDTH = None if sys.stdout.isatty() else 120
"""A pipe has no width; 120 columns keep tables readable in a log."""

_IDENTIFIER = 36
"""Characters of the longest identifier, which is a UUID."""

out = Console(width=WIDTH)
err = Console(stderr=True, soft_wrap=True)


def as_text(value: Any) -> str:
    """A cell: money and counts with separators, instants to the second, fields as name=value, nothing
    as a hyphen."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case float() | Decimal():
            number = float(value)
            return f"{number:,.4f}".rstrip("0").rstrip(".") if abs(number) < 1000 else f"{number:,.2f}"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case dict():
            return " ".join(f"{name}={inner}" for name, inner in value.items())
        case _:
            return str(value)


def problem(message: str) -> None:
    """One sentence to standard error."""
    err.print(f"[red]✗[/] {escape(message)}", highlight=False)


def rows(records: Sequence[Mapping[str, Any]], *, title: str = "", as_json: bool = False) -> None:
    """Print records as a table, or as a JSON array."""
    if as_json:
        sys.stdout.write(json.dumps([dict(record) for record in records], default=_plain, indent=2) + "\n")
        return
    if not records:
        out.print(f"{title + ': ' if title else ''}nothing", style="dim")
        return
    table = Table(
        title=escape(title) or None, title_justify="left", title_style="bold", header_style="bold", box=SIMPLE_HEAD
    )
    for name in records[0]:
        kinds = {type(record[name]) for record in records} - {type(None)}
        is_number = bool(kinds) and kinds <= {int, float, Decimal}
        is_short = is_number or kinds <= {bool, date, datetime}
        texts = [as_text(record[name]) for record in records]
        # Text wraps at its spaces; a number, a date or an identifier, which people copy, never.
        is_short = is_short or all(len(text) <= _IDENTIFIER and " " not in text for text in texts)
        widest = max(map(len, texts)) if is_short else None
        side: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(name.lower().replace("_", " "), justify=side, overflow="fold", min_width=widest)
    for record in records:
        table.add_row(*(Text(as_text(value)) for value in record.values()))  # [x] in it is no markup
    out.print(table)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


class Steps:
    """The steps of a long command, each with a bar while it runs and its seconds kept for the end."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Any]:
        """A callable comes back: call it with how many more are done, or with text to show beside the title."""
        started, title = time.monotonic(), title[:1].upper() + title[1:]
        columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24)]
        columns += [MofNCompleteColumn()] if total else []
        with Progress(
            *columns, TimeElapsedColumn(), console=err, transient=True, disable=not err.is_terminal
        ) as progress:
            task = progress.add_task(title, total=total)

            def report(done: int | str) -> None:
                if isinstance(done, str):
                    progress.update(task, description=f"{title} · {done}")
                else:
                    progress.advance(task, done)

            yield report
        seconds = time.monotonic() - started
        self.taken.append({"step": title, "seconds": round(seconds, 1)})
        err.print(f"[green]✓[/] {title} [dim]{seconds:.1f} s[/]")
