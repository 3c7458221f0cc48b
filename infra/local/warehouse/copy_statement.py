"""What a COPY INTO of JSON by column name asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import fakesnow.copy_into as stock
from fakesnow.transforms.file_format import lookup_file_format
from fakesnow.transforms.options import parse_options
from sqlglot import exp

KNOWN = {"FILE_FORMAT", "MATCH_BY_COLUMN_NAME", "INCLUDE_METADATA", "FILES", "PATTERN", "ON_ERROR", "FORCE"}


@dataclass(frozen=True)
class Copy:
    """location is a URL or a folder; files are names under it, none meaning all; metadata is column to METADATA$…"""

    catalog: str
    schema: str
    table: str
    location: str
    files: Sequence[str]
    pattern: str | None
    on_error: str
    is_forced: bool
    is_case_sensitive: bool
    metadata: Mapping[str, str]

    @property
    def target(self) -> str:
        return ".".join('"' + part.replace('"', '""') + '"' for part in (self.catalog, self.schema, self.table))


def understood(statement: Any, duck: Any, database: str | None, schema: str | None, stages: Any) -> Copy | None:
    """The copy a statement asks for, or None when it is not one of JSON by column name."""
    options = {parameter.this.name.upper(): parameter for parameter in statement.args.get("params") or []}
    if not _is_json_by_name(options, duck, database, schema):
        return None
    if unknown := options.keys() - KNOWN:
        raise NotImplementedError(f"COPY of JSON by column name with {', '.join(sorted(unknown))}")
    table = stock._extract_table(statement.this)
    source = stock._from_source(statement)
    if source.startswith("@"):
        source = stock.stage_url_from_var(source[1:], duck, database, schema, stages, table)
    on_error = _word(options, "ON_ERROR") or "ABORT_STATEMENT"
    pairs = options["INCLUDE_METADATA"].expression.find_all(exp.EQ) if "INCLUDE_METADATA" in options else ()
    return Copy(
        catalog=table.catalog or str(database),
        schema=table.db or str(schema),
        table=table.name,
        location=source,
        files=[text.name for text in options["FILES"].find_all(exp.Literal)] if "FILES" in options else (),
        pattern=options["PATTERN"].expression.name if "PATTERN" in options else None,
        on_error="SKIP_FILE" if on_error.startswith("SKIP_FILE") else on_error,
        is_forced=_word(options, "FORCE") == "TRUE",
        is_case_sensitive=_word(options, "MATCH_BY_COLUMN_NAME") == "CASE_SENSITIVE",
        metadata={pair.this.name.upper(): pair.expression.name.upper() for pair in pairs},
    )


def _is_json_by_name(options: Mapping[str, Any], duck: Any, database: str | None, schema: str | None) -> bool:
    if _word(options, "MATCH_BY_COLUMN_NAME") in ("", "NONE") or "FILE_FORMAT" not in options:
        return False
    given = parse_options(options["FILE_FORMAT"].expressions)
    if name := given.pop("FORMAT_NAME", None):
        given = {**lookup_file_format(duck, str(name), database, schema), **given}
    return str(given.get("TYPE", "CSV")).upper() == "JSON"


def _word(options: Mapping[str, Any], name: str) -> str:
    if name not in options:
        return ""
    value = options[name].expression
    return ("TRUE" if value.this else "FALSE") if isinstance(value, exp.Boolean) else value.name.upper()
