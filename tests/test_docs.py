"""What the documents point at is there: their links, the commands they name, the files and runbooks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from chalicelib import sources
from infra.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
ROOMS = ("docs", "events", "functions", "dbt_project", "infra", "tests")
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
_CODE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
_OPTION = re.compile(r"(?<!\S)--?[a-z][a-z-]*")


def _named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _spans(text: str) -> Iterator[str]:
    """What stands in backticks within a line, or over two; in a block, each line without its comment."""
    blocks = text.split("```")
    for place, block in enumerate(blocks):
        if place % 2:
            yield from (line.split("#")[0].strip() for line in block.splitlines())
        else:
            yield from (" ".join(span.split()) for span in _CODE.findall(block))


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [one for one in _LINK.findall(page.read_text()) if "://" not in one]
    assert [one for one in targets if not (page.parent / one).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_file_named_is_there(page: Path) -> None:
    told = [span for span in _spans(page.read_text()) if span.startswith(tuple(f"{room}/" for room in ROOMS))]
    plain = [one for one in told if not re.search(r"[<*… ]", one)]
    # events/ is the first folder of an object's key too, and those are told as patterns.
    assert [one for one in plain if not (ROOT / one).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_command_named_is_one_with_these_options(page: Path) -> None:
    told = [span for span in _spans(page.read_text()) if span.startswith("sophia ")]
    assert [complaint for one in told if (complaint := _complaint(one))] == []


def _complaint(line: str) -> str:
    """What is wrong with a command as a page shows it; nothing where it would run."""
    known = get_command(app)
    words = re.sub(r"[\"'].*?[\"']", "", line).split()[1:]
    while words and isinstance(known, typer.core.TyperGroup):
        if words[0].startswith("-"):
            break
        found = known.commands.get(words.pop(0))
        if found is None:
            return f"no such command: {line}"
        known = found
    options = {name for parameter in known.params for name in parameter.opts} | {"--help"}
    unknown = set(_OPTION.findall(" ".join(words))) - options
    return f"{sorted(unknown)} is no option of: {line}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    assert re.findall(r"(?<![\w.])/(?:home|work|root|Users|tmp)/\S*", page.read_text()) == []


@pytest.mark.parametrize("folder", ["decisions", "runbooks"])
def test_every_page_is_in_its_contents(folder: str) -> None:
    contents = (ROOT / "docs" / folder / "README.md").read_text()
    pages = {page.name for page in (ROOT / "docs" / folder).glob("*.md")} - {"README.md"}
    assert pages - set(_LINK.findall(contents)) == set()


def test_every_source_is_told_how_to_be_connected() -> None:
    pages = {page.stem for page in (ROOT / "docs/sources").glob("*.md")} - {"README"}
    assert pages == set(sources.names()) - {"sophia"}


def test_every_option_and_credential_the_sources_read_is_told() -> None:
    code = "".join(path.read_text() for path in sorted((ROOT / "functions/chalicelib/sources").glob("*.py")))
    read = set(re.findall(r'(?:options|credentials)(?:\.get\(|\[)"(\w+)"', code))
    told = {word for page in (ROOT / "docs/sources").glob("*.md") for word in re.findall(r"`(\w+)`", page.read_text())}
    assert {"api_key", "mailboxes"} <= read and read - told == set()
