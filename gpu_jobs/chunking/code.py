"""Source files: a chunk is a function or a class, found by tree-sitter; path and enclosing class are its context.

The path tells the language. What lies between definitions (imports, constants) stays together. A file in another
language, or none that parses, is cut at blank lines; Markdown by its headings.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

import numpy as np
from tree_sitter import Language, Node, Parser

from . import sections
from .packing import CODE, Span, fitted, is_blank, split
from .tokens import Measured

_WRAPPERS = frozenset({"decorated_definition", "export_statement"})
_DEFINITIONS = _WRAPPERS | {
    "function_definition", "class_definition",  # Python
    "function_declaration", "generator_function_declaration", "class_declaration", "method_definition",  # JavaScript
    "abstract_class_declaration", "interface_declaration", "enum_declaration", "type_alias_declaration",  # TypeScript
    "internal_module", "module",
    "statement",  # SQL
}  # fmt: skip
_FUNCTIONS = frozenset({"arrow_function", "function_expression"})
_MARKDOWN = (".md", ".markdown")
_DEPTH = 4
"""Definitions inside definitions are looked for so deep; a file made to nest without end is a file all the same."""
_HEADER = 120


@dataclass(frozen=True)
class Definition:
    """text[start:end] with the comments right above it. header is its first line."""

    start: int
    end: int
    header: str
    inner: tuple["Definition", ...] = ()


def spans(measured: Measured, path: str) -> Iterator[Span]:
    """Each definition by itself; one that is too long by the definitions inside it, and at last by its lines."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _MARKDOWN:
        return sections.spans(measured, path)
    found = definitions(measured.text, suffix)
    return _spans(measured, (0, len(measured.text)), found, (path,))


def _spans(
    measured: Measured, bounds: tuple[int, int], found: tuple[Definition, ...], lines: tuple[str, ...]
) -> Iterator[Span]:
    context = measured.budget.clipped(*lines)
    room = measured.budget.room(context)
    by_bounds = {(one.start, one.end): one for one in found}
    for start, end in _parts(measured.text, bounds, found):
        one = by_bounds.get((start, end))
        if one and one.inner and not measured.fits(start, end, room):
            yield from _spans(measured, (start, end), one.inner, (*lines, one.header))
        else:
            for part in fitted(measured, start, end, room, CODE):
                yield Span(*part, context=context)


def _parts(text: str, bounds: tuple[int, int], found: tuple[Definition, ...]) -> list[tuple[int, int]]:
    cuts = split(*bounds, (edge for one in found for edge in (one.start, one.end)))
    return [part for part in cuts if not is_blank(text, *part)]


def definitions(text: str, suffix: str) -> tuple[Definition, ...]:
    """Top-level definitions in order; none for a language we have no grammar of. suffix is that of its files."""
    parser = _parser(suffix)
    if parser is None:
        return ()
    encoded = text.encode()
    return _inside(parser.parse(encoded).root_node, encoded, _characters(text, len(encoded)), 0)


def _inside(parent: Node, source: bytes, at: Callable[[int], int], depth: int) -> tuple[Definition, ...]:
    found: list[Definition] = []
    comment: Node | None = None  # the first of those that stand right above what comes next
    last_row, code_row = -2, -1
    nodes = parent.named_children
    for node, following in zip(nodes, [*nodes[1:], None], strict=True):
        if node.type == "comment":
            if node.start_point[0] == code_row:
                continue
            comment = comment if comment and node.start_point[0] <= last_row + 1 else node
            last_row = node.end_point[0]
            continue
        if _is_definition(node):
            first = comment if comment and node.start_point[0] <= last_row + 1 else node
            inner = _unwrapped(node)
            first_line = source[inner.start_byte : inner.end_byte][: 4 * _HEADER].decode(errors="ignore")
            header = first_line.partition("\n")[0][:_HEADER]
            body = inner.child_by_field_name("body") if depth < _DEPTH else None
            within = _inside(body, source, at, depth + 1) if body else ()
            found.append(
                Definition(at(_line_start(source, first.start_byte)), at(_end(source, node, following)), header, within)
            )
        comment, code_row = None, node.end_point[0]
    return tuple(found)


def _is_definition(node: Node) -> bool:
    if node.type in _WRAPPERS:
        return _unwrapped(node) != node
    if node.type == "lexical_declaration":  # const f = () => …; other constants are none
        values = (child.child_by_field_name("value") for child in node.named_children)
        return any(value is not None and value.type in _FUNCTIONS for value in values)
    return node.type in _DEFINITIONS


def _unwrapped(node: Node) -> Node:
    """The definition below its decorators or its `export`; the node itself where there is none."""
    if node.type in _WRAPPERS:
        return next((child for child in node.named_children if _is_definition(child)), node)
    return node


def _line_start(source: bytes, at: int) -> int:
    """The begin of the line where only blanks stand before: a method keeps its indentation."""
    start = source.rfind(b"\n", 0, at) + 1
    return at if source[start:at].strip() else start


def _end(source: bytes, node: Node, following: Node | None) -> int:
    """Where the definition's last line ends, with a semicolon or a comment behind it, if nothing else begins there."""
    line_end = source.find(b"\n", node.end_byte) + 1 or len(source)
    is_apart = following is None or following.type == "comment" or following.start_byte >= line_end
    return line_end if is_apart and line_end >= node.end_byte else node.end_byte


def _characters(text: str, size: int) -> Callable[[int], int]:
    """tree-sitter counts bytes, our offsets characters."""
    if len(text) == size:
        return lambda at: at
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    ends = np.cumsum(1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000))
    return lambda at: int(np.searchsorted(ends, at, side="right"))


@cache
def _parser(suffix: str) -> Parser | None:
    # Grammars are single packages: the language pack fetches its own from GitHub at run time.
    import tree_sitter_javascript  # noqa: PLC0415  only a worker that meets code needs them
    import tree_sitter_python  # noqa: PLC0415
    import tree_sitter_sql  # noqa: PLC0415
    import tree_sitter_typescript  # noqa: PLC0415

    grammars = {
        tree_sitter_python.language: (".py", ".pyi"),
        tree_sitter_javascript.language: (".js", ".jsx", ".mjs", ".cjs"),
        tree_sitter_typescript.language_typescript: (".ts", ".mts", ".cts"),
        tree_sitter_typescript.language_tsx: (".tsx",),
        tree_sitter_sql.language: (".sql",),
    }
    return next((Parser(Language(grammar())) for grammar, suffixes in grammars.items() if suffix in suffixes), None)
