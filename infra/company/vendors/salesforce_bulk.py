"""Salesforce's Bulk API 2.0 query jobs: made, running for as long as it is looked at twice, then CSV behind a locator.

developer.salesforce.com, Bulk API 2.0, "Query Jobs".
"""

import base64
import csv
import io
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..hooks.salesforce import as_text
from .guard import Handler, json_body
from .salesforce import kept, known_fields, refuse, selected
from .salesforce_soql import SoqlRefused
from .site import Site

_LIFE = timedelta(days=7)
_STATES = ("UploadComplete", "InProgress", "JobComplete")


def endpoints(api: str) -> tuple[tuple[str, str, Handler], ...]:
    """Paths, methods and handlers below the API's path."""
    return (
        (f"{api}/jobs/query", "POST", _create),
        (f"{api}/jobs/query/{{job_id}}", "GET", _state),
        (f"{api}/jobs/query/{{job_id}}/results", "GET", _results),
    )


async def _create(request: Request, site: Site) -> Response:
    asked = await json_body(request)
    operation, soql = asked.get("operation"), asked.get("query", "")
    if operation not in ("query", "queryAll"):
        return refuse("INVALIDENTITY", "operation must be query or queryAll", 400)
    try:
        name, fields, found = selected(site, soql, operation == "queryAll")
    except SoqlRefused as refused:
        return refuse(refused.code, str(refused), 400)
    kinds = known_fields(site, name)
    if compound := [field for field in fields if kinds[field] == "address"]:
        return refuse("FEATURENOTENABLED", f"Selecting compound data not supported in Bulk Query: {compound}", 400)
    job_id = f"7505e{len(kept(site, 'jobs')):010d}AAA"
    job = {"id": job_id, "operation": operation, "object": name, "made_at": site.now, "looks": 0}
    kept(site, "jobs")[job_id] = job | {"fields": fields, "rows": found}
    return JSONResponse(_told(kept(site, "jobs")[job_id]))


def _told(job: dict[str, Any]) -> dict[str, Any]:
    told = {name: job[name] for name in ("id", "operation", "object")}
    told |= {"state": _STATES[min(job["looks"], 2)], "contentType": "CSV", "apiVersion": 62.0, "lineEnding": "LF"}
    return told | {"concurrencyMode": "Parallel", "columnDelimiter": "COMMA", "createdDate": as_text(job["made_at"])}


def _job(request: Request, site: Site) -> dict[str, Any] | None:
    job: dict[str, Any] | None = kept(site, "jobs").get(request.path_params["job_id"])
    return job if job and site.now - job["made_at"] < _LIFE else None


async def _state(request: Request, site: Site) -> Response:
    job = _job(request, site)
    if job is None:
        return refuse("NOT_FOUND", "The requested resource does not exist", 404)
    job["looks"] += 1
    processed = len(job["rows"]) if job["looks"] > 1 else 0
    return JSONResponse(_told(job) | {"jobType": "V2Query", "numberRecordsProcessed": processed, "retries": 0})


async def _results(request: Request, site: Site) -> Response:
    job = _job(request, site)
    if job is None or job["looks"] < 2:
        return refuse("NOT_FOUND", "The results of the job are not there", 404)
    locator = request.query_params.get("locator")
    start = int(base64.b64decode(locator)) if locator else 0
    shown = job["rows"][start : start + min(int(request.query_params.get("maxRecords", 50_000)), site.page_cap)]
    end = start + len(shown)
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(job["fields"])
    writer.writerows([as_text(row[field]) for field in job["fields"]] for row in shown)
    following = base64.b64encode(str(end).encode()).decode() if end < len(job["rows"]) else "null"
    headers = {"Sforce-NumberOfRecords": str(len(shown)), "Sforce-Locator": following}
    return Response(text.getvalue(), media_type="text/csv", headers=headers)
