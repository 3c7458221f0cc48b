"""DESCRIBE TABLE, answered from the one relation it asks about.

Stock looks it up in the information schema, for which DuckDB binds every view of every database: with our models 28 ms
a relation, and dbt's unit tests describe each of their inputs. The answer is the same to the last column.
"""

from string import Template
from typing import Any

import fakesnow.transforms as transforms
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from infra.local.warehouse.translated import written

_COLUMNS = Template("""
select
    described.column_name as "name",
    case
        when described.column_type = 'BIGINT' then 'NUMBER(38,0)'
        when starts_with(described.column_type, 'DECIMAL') then replace(described.column_type, 'DECIMAL', 'NUMBER')
        when described.column_type = 'VARCHAR'
            then 'VARCHAR(' || coalesce(lengths.ext_character_maximum_length, 16777216) || ')'
        when described.column_type = 'DOUBLE' then 'FLOAT'
        when described.column_type = 'BLOB' then 'BINARY(8388608)'
        when described.column_type = 'TIMESTAMP' then 'TIMESTAMP_NTZ(9)'
        when described.column_type = 'TIMESTAMP WITH TIME ZONE' then 'TIMESTAMP_TZ(9)'
        when described.column_type = 'TIME' then 'TIME(9)'
        when described.column_type = 'JSON' then 'VARIANT'
        else described.column_type
    end as "type",
    'COLUMN' as "kind",
    case when described."null" = 'YES' then 'Y' else 'N' end as "null?",
    described."default" as "default",
    'N' as "primary key",
    'N' as "unique key",
    null::varchar as "check",
    null::varchar as "expression",
    null::varchar as "comment",
    null::varchar as "policy name",
    null::json as "privacy domain"
from (select *, row_number() over () as position from (describe ${relation})) as described
left join _fs_global._fs_information_schema._fs_columns_ext as lengths
    on lengths.ext_table_catalog = '${catalog}'
    and lengths.ext_table_schema = '${schema}'
    and lengths.ext_table_name = '${name}'
    and lengths.ext_column_name = described.column_name
order by described.position
""")


def described(statement: Any, database: str | None = None, schema: str | None = None) -> Any:
    """What to run for DESCRIBE TABLE or VIEW; any other statement as stock would have it."""
    kind = str(statement.args.get("kind") or "").upper() if isinstance(statement, exp.Describe) else ""
    table = statement.find(exp.Table) if kind in ("TABLE", "VIEW") else None
    if table is None or (table.db or schema) == "_FS_INFORMATION_SCHEMA":
        return _stock(statement, database, schema)
    catalog, held_in = table.catalog or database or "", table.db or schema or ""
    relation = exp.table_(table.name, db=held_in, catalog=catalog, quoted=True).sql("duckdb")
    names = {"catalog": catalog, "schema": held_in, "name": table.name}
    told = _COLUMNS.substitute(relation=relation, **{key: name.replace("'", "''") for key, name in names.items()})
    return written(exp.Select(), {DuckDB: told})


_stock = transforms.describe_table
