"""Rewrites of the SQL tree, before and instead of fakesnow's own: each says what stock does to the same statement."""

from collections.abc import Sequence
from typing import Any

import fakesnow.transforms as transforms
from sqlglot import exp, parse_one

# What functions about the session answer.
SESSION = {
    exp.CurrentWarehouse: "'TRANSFORMING'",
    exp.CurrentAccount: "'FAKESNOW'",
    exp.CurrentRegion: "'AWS_US_EAST_1'",
    exp.CurrentSession: "'1'",
    exp.CurrentRole: "'SYSADMIN'",
    exp.CurrentUser: "'FAKE'",
}
# sqlglot reads VECTOR_COSINE_SIMILARITY as CosineDistance; as a distance it would invert every ranking.
VECTORS = {
    exp.CosineDistance: "ARRAY_COSINE_SIMILARITY",
    exp.EuclideanDistance: "ARRAY_DISTANCE",
    exp.DotProduct: "ARRAY_INNER_PRODUCT",
}
TABLE_KEYS = (exp.PrimaryKey, exp.ForeignKey, exp.UniqueColumnConstraint, exp.Constraint)
TIMESTAMPS = (exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ)


def rewrite(tree: Any) -> Any:
    """The tree with _node applied bottom-up; sqlglot's own transform() does not descend into replaced nodes."""
    for node in reversed(list(tree.walk(bfs=False))):
        new = _node(node)
        if new is node:
            continue
        if node.parent is None:
            tree = new
        else:
            node.replace(new)
    return tree


def merge(tree: Any) -> Sequence[Any]:
    """DuckDB's own MERGE, which is atomic, instead of fakesnow's emulation in several statements.

    Stock answers dbt's merge with "Ambiguous reference to column name". Unqualified columns on the right belong to the
    source; columns being assigned lose their qualifier. The source comes in the order of the target's rows: in any
    other DuckDB 2.0.0 updates 30,000 rows in 24 s, and in time that grows with their square; so it takes 0.2 s.
    """
    if not isinstance(tree, exp.Merge):
        return [tree]
    target, rows = tree.this, tree.args["using"]
    source = rows.alias_or_name
    matched = (
        exp.select(f"{source}.*").from_(rows.copy()).join(target.copy(), on=tree.args["on"].copy(), join_type="left")
    )
    tree.set("using", matched.order_by(exp.column("rowid", target.alias_or_name)).subquery(source))
    for when in tree.args["whens"].expressions:
        then = when.args.get("then")
        if isinstance(then, exp.Insert):
            if isinstance(then.this, exp.Tuple):
                for column in then.this.expressions:
                    column.set("table", None)
            if isinstance(then.expression, exp.Tuple):
                for value in then.expression.expressions:
                    _qualify(value, source)
        elif isinstance(then, exp.Update):
            for assignment in then.expressions:
                if isinstance(assignment, exp.EQ) and isinstance(assignment.this, exp.Column):
                    assignment.this.set("table", None)
                _qualify(assignment.expression, source)
    tree.set("returning", exp.Returning(expressions=[exp.column("merge_action")]))
    return [tree]


def flatten(tree: Any) -> Any:
    """FLATTEN that honours `path` and `outer` and keeps array order. `recursive` and `mode` raise instead of lying."""
    if not (isinstance(tree, (exp.Lateral, exp.TableFromRows)) and isinstance(tree.this, exp.Explode)):
        return tree
    named, positional = {}, []
    for argument in [tree.this.this, *tree.this.expressions]:
        if isinstance(argument, exp.Kwarg):
            named[argument.this.name.upper()] = argument.expression
        else:
            positional.append(argument)
    for unsupported in ("RECURSIVE", "MODE"):
        if unsupported in named:
            raise NotImplementedError(f"FLATTEN {unsupported}")
    value = named.get("INPUT") or positional[0]
    prefix = named["PATH"].name if "PATH" in named else ""
    if prefix:
        value = _call("JSON_EXTRACT", value, exp.Literal.string("$." + prefix))
    outer = named.get("OUTER") or exp.false()
    return exp.Table(this=_call("_x_flatten", value, outer, exp.Literal.string(prefix)), alias=tree.args.get("alias"))


def _call(name: str, *arguments: Any) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _qualify(expression: Any, table: str) -> None:
    for column in expression.find_all(exp.Column):
        if not column.table:
            column.set("table", exp.to_identifier(table))


def _is_text(node: Any) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _drop_keys(create: Any) -> None:
    """Snowflake records keys and enforces none; DuckDB enforces them. A primary key is still not null."""
    for constraint in list(create.find_all(exp.ColumnConstraint)):
        if isinstance(constraint.kind, exp.PrimaryKeyColumnConstraint):
            constraint.set("kind", exp.NotNullColumnConstraint())
        elif isinstance(constraint.kind, (exp.UniqueColumnConstraint, exp.Reference)):
            constraint.pop()
    if isinstance(create.this, exp.Schema):
        kept = [part for part in create.this.expressions if not isinstance(part, TABLE_KEYS)]
        create.this.set("expressions", kept)


def _node(node: Any) -> Any:
    """What to put in place of `node`, or `node` itself."""
    if type(node) in SESSION:
        return parse_one(SESSION[type(node)])
    if function := VECTORS.get(type(node)):
        return _call(function, node.this, node.expression)
    match node:
        case exp.Create(kind="TABLE" | "VIEW"):
            # A qualified temporary table cannot live in DuckDB's temp catalog: make it a real one. Two sessions that
            # create the same temporary name collide; dbt's unit tests and microbatch need this.
            temporary, table = node.find(exp.TemporaryProperty), node.find(exp.Table)
            if temporary is not None and table is not None and table.args.get("db"):
                temporary.pop()
            _drop_keys(node)
        case exp.Anonymous():
            name = node.name.upper()
            if name in ("TRY_TO_TIMESTAMP", "TRY_TO_TIMESTAMP_TZ", "TRY_TO_TIMESTAMP_LTZ"):
                return _call("TRY_TO_TIMESTAMP_NTZ", *node.expressions)
            if name == "LAST_QUERY_ID":
                return exp.Literal.string("")
        case exp.TryCast() if node.to.this in TIMESTAMPS:
            return _call("TRY_TO_TIMESTAMP_NTZ", node.this)
        case exp.Typeof():
            return _call("_x_typeof", node.this)  # stock: always 'JSON'
        case exp.MD5NumberLower64():
            return _call("_x_md5_number_lower64", node.this)  # stock: a function that is not there
        case exp.ObjectInsert():
            return _call("_x_object_insert", node.this, node.args["key"], node.args["value"])
        case exp.ArrayToString():  # stock's array_agg makes JSON, DuckDB's function wants a list
            return _call("_x_array_to_string", node.this, node.expression)
        case exp.EQ() | exp.NEQ() | exp.In() | exp.Like() | exp.ILike():
            # Compared with text, a path into a variant is text; stock would read the text as JSON.
            others = node.expressions if isinstance(node, exp.In) else [node.expression]
            if isinstance(node.this, exp.JSONExtract) and others and all(_is_text(other) for other in others):
                node.this.replace(exp.cast(node.this.copy(), exp.DataType.Type.VARCHAR))
        case exp.Sum(this=exp.JSONExtract()) | exp.Avg(this=exp.JSONExtract()):
            node.this.replace(exp.cast(node.this.copy(), exp.DataType.Type.DOUBLE))
        case exp.DataType(this=exp.DataType.Type.VECTOR):
            size = next((e for e in node.expressions if isinstance(e, exp.DataTypeParam)), None)
            if size is not None:
                return exp.DataType(this=exp.DataType.Type.USERDEFINED, kind=f"FLOAT[{size.this.name}]")
        case exp.Alter(kind="TABLE"):
            if any(isinstance(action, exp.AddConstraint) for action in node.args.get("actions") or []):
                return transforms.SUCCESS_NOP.copy()
    return node
