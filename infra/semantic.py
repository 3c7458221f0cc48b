"""Snowflake's semantic view, written from the dbt manifest: the same words and metrics as MetricFlow's, in one place.

The YAML is what SYSTEM$CREATE_SEMANTIC_VIEW_FROM_YAML takes (docs.snowflake.com, "YAML specification for semantic
views"; read, not executed: the emulator has no semantic views). `python -m infra.semantic` prints it.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

NAME = "sophia_intelligence"
_TYPES = ("varchar", "number", "boolean", "date", "timestamp_ntz", "array", "variant")
_AGGREGATES = {"sum": "SUM", "max": "MAX", "min": "MIN", "average": "AVG", "count": "COUNT"}
_DIMENSION = re.compile(r"\{\{\s*Dimension\('\w+__(\w+)'\)\s*\}\}")


def semantic_view(manifest: dict[str, Any]) -> str:
    """One YAML document of a parsed project: a table a semantic model, its metrics, and the verified queries."""
    models = sorted(manifest["semantic_models"].values(), key=lambda one: one["name"])
    metrics = sorted(manifest["metrics"].values(), key=lambda one: one["name"])
    by_measure = {measure["name"]: model for model in models for measure in model["measures"]}
    document = {
        "name": NAME,
        "description": "What Sophia Intel knows of sales, calls, competitors and accounts.",
        "tables": [_table(manifest, model, _metrics_of(model, metrics, by_measure)) for model in models],
        "relationships": _relationships(models),
        "verified_queries": [
            {"name": f"{metric['name']}_{number}", "question": query["question"], "sql": query["sql"].strip()}
            for metric in metrics
            for number, query in enumerate(metric["config"]["meta"].get("verified_queries", []), start=1)
        ],
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _table(manifest: dict[str, Any], model: dict[str, Any], metrics: list[dict[str, Any]]) -> dict[str, Any]:
    columns = manifest["nodes"][model["depends_on"]["nodes"][0]]["columns"]
    relation = model["node_relation"]
    keys = [entity["expr"] or entity["name"] for entity in model["entities"] if entity["type"] in ("primary", "unique")]
    times = [one for one in model["dimensions"] if one["type"] == "time"]
    others = [one for one in model["dimensions"] if one["type"] != "time"]
    foreign = [
        {"name": entity["name"], "expr": entity["expr"]} for entity in model["entities"] if entity["type"] == "foreign"
    ]
    table = {
        "name": model["name"],
        "description": model["description"],
        "base_table": {"database": "SOPHIA", "schema": relation["schema_name"], "table": relation["alias"].upper()},
        "primary_key": {"columns": keys[:1]},
        "dimensions": [_column(one, columns) for one in [*others, *foreign]],
        "time_dimensions": [_column(one, columns) for one in times],
        "metrics": metrics,
    }
    return {name: value for name, value in table.items() if value}


def _relationships(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """From each table with a foreign entity to the one in which that entity is a key."""
    keys = {
        entity["name"]: (model["name"], entity["expr"])
        for model in models
        for entity in model["entities"]
        if entity["type"] in ("primary", "unique")
    }
    return [
        {
            "name": f"{model['name']}_to_{keys[entity['name']][0]}",
            "left_table": model["name"],
            "right_table": keys[entity["name"]][0],
            "relationship_columns": [{"left_column": entity["expr"], "right_column": keys[entity["name"]][1]}],
        }
        for model in models
        for entity in model["entities"]
        if entity["type"] == "foreign" and entity["name"] in keys
    ]


def _column(told: dict[str, Any], columns: dict[str, Any]) -> dict[str, Any]:
    expression = told.get("expr") or told["name"]
    column = columns[expression]
    data_type = next(name for name in _TYPES if column["data_type"].startswith(name))
    description = told.get("description") or column["description"]
    return {"name": told["name"], "description": description, "expr": expression, "data_type": data_type.upper()}


def _metrics_of(
    model: dict[str, Any], metrics: list[dict[str, Any]], by_measure: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Those of one measure of this table. A ratio of two metrics is asked as its two parts."""
    found = []
    for metric in metrics:
        measure = (metric["type_params"].get("measure") or {}).get("name")
        if measure and by_measure[measure] is model:
            told = {
                "name": metric["name"],
                "description": metric["description"],
                "synonyms": metric["config"]["meta"].get("synonyms"),
                "expr": _expression(model, measure, metric),
            }
            found.append({name: value for name, value in told.items() if value})
    return found


def _expression(model: dict[str, Any], measure_name: str, metric: dict[str, Any]) -> str:
    [measure] = [one for one in model["measures"] if one["name"] == measure_name]
    value = measure["expr"] or measure["name"]
    wheres = [
        _DIMENSION.sub(r"\1", one["where_sql_template"]) for one in (metric["filter"] or {}).get("where_filters", [])
    ]
    condition = " AND ".join(wheres)
    if over_time := measure.get("non_additive_dimension"):
        # Of other rows of the same day the key is NULL, and MAX_BY passes them over.
        key = f"CASE WHEN {condition} THEN {over_time['name']} END" if wheres else over_time["name"]
        return f"MAX_BY({value}, {key})"
    if wheres:
        value = f"CASE WHEN {condition} THEN {value} END"
    if measure["agg"] == "count_distinct":
        return f"COUNT(DISTINCT {value})"
    return f"{_AGGREGATES[measure['agg']]}({value})"


def main() -> None:
    """The manifest named, or the one `dbt parse` left below target/."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "target/manifest.json")
    sys.stdout.write(semantic_view(json.loads(path.read_text())))


if __name__ == "__main__":
    main()
