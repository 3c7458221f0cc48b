"""The stubs of a new source, every door of it, from the templates in new_source/."""

import keyword
import re
from pathlib import Path
from string import Template

ROOT = Path(__file__).parents[1]
_TEMPLATES = Path(__file__).with_name("new_source")
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_MOST = 40
DOORS = {
    "source.py": ("functions/chalicelib/sources/{name}.py", "both lanes, as our client sees them"),
    "records.py": ("events/{name}/__init__.py", "the fields staging reads"),
    "webhook_sample.json": ("events/{name}/samples/webhook__thing_updated.json", "one delivery"),
    "pull_sample.json": ("events/{name}/samples/pull__things.json", "one answer of the API"),
    "staging.sql": ("dbt_project/models/staging/{name}/stg_{name}__things.sql", "typed columns"),
    "staging.yml": ("dbt_project/models/staging/{name}/_{name}.yml", "what they mean, and their tests"),
    "hooks.py": ("infra/company/hooks/{name}.py", "what the simulated vendor sends"),
    "vendor.py": ("infra/company/vendors/{name}.py", "what the simulated vendor's API answers"),
    "page.md": ("docs/sources/{name}.md", "what a connection needs"),
    "test.py": ("tests/functions/sources/test_{name}.py", "its oddities"),
}
"""By template: where it goes, and what it holds."""


class CannotScaffold(Exception):
    """A name that cannot be used, or is."""


def scaffold(root: Path, name: str, title: str = "") -> dict[str, str]:
    """By path below root, what each file written holds. All or none are written; nothing is overwritten.

    Raises CannotScaffold.
    """
    if not _NAME.fullmatch(name) or len(name) > _MOST or keyword.iskeyword(name):
        raise CannotScaffold(
            f"{name!r} cannot be a source's name: lower-case words of letters and digits, joined by underscores, "
            f"at most {_MOST} characters, and no word of Python's own"
        )
    paths = {template: root / pattern.format(name=name) for template, (pattern, _) in DOORS.items()}
    taken = [str(path.relative_to(root)) for path in paths.values() if path.exists()]
    if taken:
        raise CannotScaffold(f"{', '.join(taken)} is there already: choose another name, or remove what is left of it")
    title = title or name.replace("_", " ").title()
    if len(title) > _MOST or set(title) & set('"\\\n\r'):
        raise CannotScaffold(
            f"{title!r} cannot be a title: at most {_MOST} characters, no quotation marks, backslashes or line breaks"
        )
    header = name.replace("_", "-")
    words = {"name": name, "title": title, "header": header, "Header": header.title()}
    texts = {template: Template((_TEMPLATES / f"{template}.tmpl").read_text()).substitute(words) for template in DOORS}
    for template, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[template])
    return {str(path.relative_to(root)): DOORS[template][1] for template, path in paths.items()}
