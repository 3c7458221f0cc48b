"""The command `sophia` without a stack: it teaches, refuses wrong use, says when nothing runs, and ends well."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from infra import logs, show
from infra.cli import app
from infra.command import spare_loopback
from infra.local.processes import undisturbed

ROOT = Path(__file__).parents[2]
NEEDS_THE_STACK = [
    ["send", "slack", "README.md"],
    ["pull"],
    ["pull", "slack", "--stream", "message"],
    ["build"],
    ["docs"],
    ["forecast"],
    ["trace", "abc"],
    ["sql", "select 1"],
    ["logs"],
    ["logs", "land", "--json"],
    ["dlq", "list"],
    ["dlq", "show", "abc"],
    ["dlq", "redrive"],
    ["quarantine", "list"],
    ["quarantine", "redrive"],
    ["subscribe", "linear"],
    ["subscribe", "linear", "--list"],
    ["backfill", "slack", "message", "--from", "2026-01-01", "--to", "2026-01-02"],
    ["state", "show"],
    ["state", "set", "slack", "message", "{}"],
    ["state", "reset", "slack", "message", "--yes"],
    ["test", "slack"],
]
USED_WRONGLY = [
    ["nope"],
    ["send", "nope", "README.md"],
    ["send", "slack"],
    ["send", "slack", "no-such-file.json"],
    ["send", "slack", "docs"],
    ["pull", "nope"],
    ["pull", "slack", "--stream", "nope"],
    ["pull", "--stream", "nope"],
    ["trace"],
    ["sql", "  "],
    ["logs", "nope"],
    ["logs", "--lines", "0"],
    ["dlq", "list", "--queue", "nope"],
    ["demo", "--seed", "x"],
    ["doctor", "nope"],
    ["subscribe", "nope"],
    ["subscribe", "linear", "--list", "--remove"],
    ["subscribe", "slack", "--renew"],
    ["subscribe", "linear", "--renew"],
    ["backfill", "slack"],
    ["backfill", "slack", "--from", "yesterday"],
    ["backfill", "slack", "nope", "--from", "2026-01-01"],
    ["backfill", "slack", "--from", "2026-01-02", "--to", "2026-01-01"],
    ["state", "show", "nope"],
    ["state", "set", "slack", "message", "[]"],
    ["state", "reset", "nope", "message"],
    ["test", "nope"],
    ["new", "source", "Two Words"],
    ["new", "source", "slack"],
]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """A command against a stack that was never started."""
    monkeypatch.setattr("infra.local.stack.ROOT", tmp_path)
    monkeypatch.chdir(ROOT)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def commands(command, path=()):
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


@pytest.mark.parametrize(
    ("path", "command"), [(" ".join(path), command) for path, command in commands(get_command(app))]
)
def test_every_command_says_what_it_does_and_shows_an_example(path, command):
    assert command.help
    assert not path or f"sophia {path}" in command.epilog
    assert all(parameter.help for parameter in command.params if parameter.name != "help")


@pytest.mark.parametrize("arguments", NEEDS_THE_STACK, ids=" ".join)
def test_what_needs_the_stack_says_how_to_start_it_and_ends_with_3(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 3
    assert "sophia up" in result.stderr
    assert not result.stdout


@pytest.mark.parametrize("arguments", USED_WRONGLY, ids=" ".join)
def test_wrong_use_ends_with_2_and_no_traceback(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage" in result.stderr


def test_a_name_that_is_unknown_is_answered_with_those_that_are(run):
    assert "hubspot" in run("send", "nope", "README.md").stderr


def test_the_status_of_a_stack_that_is_down_is_json_and_ends_with_3(run):
    result = run("status", "--json")
    assert result.exit_code == 3
    assert {part["state"] for part in json.loads(result.stdout)} == {"down"}


def test_stopping_what_does_not_run_is_fine(run):
    assert run("down").exit_code == 0


@pytest.mark.parametrize("command", ["sources", "doctor"])
def test_what_needs_no_stack_answers_in_json(run, command):
    assert json.loads(run(command, "--json").stdout)


def test_square_brackets_in_a_value_are_shown_as_they_are(capsys):
    show.rows([{"text": "[/x] [red]b"}], title="[/y]")
    show.problem("no [/z]")
    told = capsys.readouterr()
    assert "[/x] [red]b" in told.out
    assert "[/y]" in told.out
    assert "[/z]" in told.err


def test_json_for_machines_keeps_numbers_and_instants(capsys):
    show.rows([{"a": Decimal("1.50"), "b": datetime(2026, 1, 2, tzinfo=UTC), "c": None}], as_json=True)
    assert json.loads(capsys.readouterr().out) == [{"a": 1.5, "b": "2026-01-02T00:00:00+00:00", "c": None}]


def test_a_terminal_that_knows_only_ascii_gets_its_table(tmp_path):
    told = sophia(["sources"], PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C", COLUMNS="60")
    assert told.returncode == 0
    assert b"slack" in told.stdout


def test_a_log_line_is_told_with_its_fields():
    line = {"level": "INFO", "message": "delivery_answered", "timestamp": "2026-11-21 13:31:16,885+0000"}
    told = logs.read(json.dumps(line | {"location": "x:1", "status": 401, "reason": "bad_signature", "event_id": None}))
    assert told == {
        "at": "2026-11-21 13:31:16",
        "level": "INFO",
        "event": "delivery_answered",
        "said": {"status": 401, "reason": "bad_signature"},
    }


@pytest.mark.parametrize("text", ["Task timed out after 29.00 seconds", "[1]", '{"message": 1}', "null"])
def test_a_log_line_that_is_not_ours_is_told_as_it_is(text):
    assert logs.read(text)["said"] == text


@pytest.fixture
def as_from_a_terminal():
    """Tests started in the background, or by nohup, have these signals ignored, and so has all that they start."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGHUP: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("as_from_a_terminal")
def test_an_interruption_waits_for_the_end_of_what_must_not_be_cut():
    steps = []
    with pytest.raises(KeyboardInterrupt), undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        steps.append("finished")
    assert steps == ["finished"]


@pytest.mark.usefixtures("as_from_a_terminal")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_asked_to_end_it_cleans_up_even_when_its_terminal_is_gone(tmp_path, number):
    code = """if True:
        import os, time, typer
        from infra import command, show
        app = typer.Typer()

        @app.command()
        def work() -> None:
            try:
                print("working", flush=True)
                time.sleep(30)
            finally:
                show.problem("interrupted")
                open(os.environ["CLEAN"], "w").close()

        command.run(app)
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "functions")))}
    ours, its = pty.openpty()
    working = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment | {"CLEAN": str(tmp_path / "clean")},
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    assert b"working" in os.read(ours, 100)
    if number == signal.SIGHUP:
        os.close(ours)
    working.send_signal(number)

    assert working.wait(10) == 128 + number
    assert (tmp_path / "clean").exists()
    if number != signal.SIGHUP:
        os.close(ours)


def test_a_proxy_is_not_asked_for_what_stays_on_this_machine():
    environment = {"NO_PROXY": "corp.example", "HTTP_PROXY": "http://127.0.0.1:9"}
    spare_loopback(environment)
    assert environment["NO_PROXY"] == "corp.example,127.0.0.1,localhost"
    assert environment["no_proxy"] == "127.0.0.1,localhost"


def sophia(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[bytes]:
    code = "from infra.cli import main; main()"
    path = os.pathsep.join((str(ROOT), str(ROOT / "functions")))
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": path} | environment,
        capture_output=True,
        timeout=30,
        check=False,
    )
