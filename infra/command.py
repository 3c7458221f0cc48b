"""What every command of `sophia` shares: its options, how it refuses, and how it ends.

Exit codes: 0 done, 1 it failed or found a problem, 2 used wrongly, 3 the local stack is not up, 130 Ctrl-C.
"""

import errno
import os
import signal
import stat
import sys
from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from . import show

if TYPE_CHECKING:
    from .local.stack import Stack

# What takes long to import waits until it is needed: --help answers at once.
# ruff: noqa: PLC0415

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS)
_MESSAGE_CHARACTERS = 2000
"""AWS quotes in its errors what it was given, be it a whole template."""
NOT_UP = 3
INTERRUPTED = 130
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "\n\n".join(("[bold]Examples[/]", *lines))


def stack(must_run: bool = True) -> "Stack":
    """The local stack; exits with advice when it is needed and not up."""
    from .local.stack import Stack

    found = Stack()
    if must_run and not found.is_up():
        fail("the local stack is not up; start it with `sophia up`", code=NOT_UP)
    return found


def fail(message: str, code: int = 1) -> NoReturn:
    show.problem(message)
    raise typer.Exit(code)


def one_of(what: str, given: str, known: Sequence[str]) -> None:
    """Refuse a name that is not known, naming those that are."""
    if given not in known:
        raise typer.BadParameter(f"no {what} {given!r}; there are {', '.join(known)}")


def run(app: typer.Typer) -> None:
    """The console script: what can be expected to go wrong is a sentence and an exit code, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that knows only ASCII gets ? for a tick
    clean_up_when_killed()
    spare_loopback(os.environ)
    try:
        app()
    except KeyboardInterrupt:  # before or after Typer's own handling
        sys.exit(INTERRUPTED)
    except Exception as error:
        if not _is_expected(error):
            raise
        show.problem(_sentence(error))
        sys.exit(1)


def clean_up_when_killed() -> None:
    """SIGTERM and a closed terminal end this process as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # nohup stays nohup
            signal.signal(number, _end)


def spare_loopback(environment: MutableMapping[str, str]) -> None:
    """Where a proxy is set, keep what stays on this machine from it; the children inherit that."""
    for name in ("NO_PROXY", "no_proxy"):
        environment[name] = ",".join(filter(None, (environment.get(name), "127.0.0.1", "localhost")))


def _end(number: int, frame: Any) -> NoReturn:
    """As Ctrl-C does: what is under way gets the chance to clean up."""
    if number == signal.SIGHUP:
        _leave_terminal()
    raise SystemExit(128 + number)


def _leave_terminal() -> None:
    """It is gone: a word to it would raise, in the middle of cleaning up. What goes to a file or a pipe still does."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        if stat.S_ISCHR(os.fstat(descriptor).st_mode):
            os.dup2(nowhere, descriptor)


def _is_expected(error: Exception) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError
    from snowflake.connector.errors import Error as WarehouseError

    from chalicelib.errors import SophiaError

    from .aws.vendor import BuildFailed
    from .local.processes import CannotStart
    from .send import CannotSend

    ours = SophiaError | CannotStart | CannotSend | BuildFailed
    return isinstance(error, ours | OSError | BotoCoreError | ClientError | WarehouseError)


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in _FULL:
        return f"{error}: make room, then run the command again; nothing that was answered is lost"
    if isinstance(error, OSError) and error.errno in _NOT_OURS:
        return f"{error}: sophia writes to .sophia and build in its folder; give them to this user, then run it again"
    return str(error)[:_MESSAGE_CHARACTERS] or type(error).__name__
