"""Pipes as the warehouse remembers them, and the notifications that concern them."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus, urlsplit

_SOURCE = re.compile(r"\bfrom\s+@(?P<stage>[\w.\"$]+)/?(?P<path>[^\s;]*)", re.IGNORECASE)

Query = Callable[[str], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Pipe:
    """The COPY text of a pipe and the part of the lake it reads."""

    name: str
    definition: str
    bucket: str
    prefix: str

    def reads(self, bucket: str, key: str) -> bool:
        return bucket == self.bucket and key.startswith(self.prefix)

    def copy(self, keys: Sequence[str]) -> str:
        """The COPY of these objects alone. A pipe skips a file it cannot load and goes on with the others."""
        names = ", ".join("'" + key.removeprefix(self.prefix).replace("'", "''") + "'" for key in keys)
        return f"{self.definition}\nfiles = ({names})\non_error = skip_file"


def find_pipes(query: Query) -> list[Pipe]:
    """Every pipe of the warehouse. Raises ValueError where there is none, or one that reads no stage."""
    rows = query("show pipes in account")
    if not rows:
        raise ValueError("there is no pipe: run the migrations first (infra/snowflake)")
    return [_pipe(row["name"], row["definition"].rstrip().rstrip(";"), query) for row in rows]


def _pipe(name: str, definition: str, query: Query) -> Pipe:
    source = _SOURCE.search(definition)
    if source is None:
        raise ValueError(f"the COPY of pipe {name} reads no stage: {definition!r}")
    lake = urlsplit(_stage_url(source["stage"], query))
    path = "/".join(part.strip("/") for part in (lake.path, source["path"]) if part.strip("/"))
    return Pipe(name, definition, bucket=lake.netloc, prefix=f"{path}/" if path else "")


def notified(body: str) -> list[tuple[str, str]]:
    """(bucket, key) of every object a notification names: none for the test event S3 sends first.

    Raises ValueError for what is no notification.
    """
    event = json.loads(body)
    if not isinstance(event, dict):
        raise ValueError("a notification is an object")
    try:
        # Keys are URL-encoded, a space as a plus; docs.aws.amazon.com/AmazonS3, "Event message structure".
        return [
            (record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"]))
            for record in event.get("Records", [])
            if record.get("eventName", "").removeprefix("s3:").startswith("ObjectCreated:")
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a notification without {error}") from None


def _stage_url(name: str, query: Query) -> str:
    wanted = name.replace('"', "").upper().split(".")
    for row in query("show stages in account"):
        if [row["database_name"], row["schema_name"], row["name"]][-len(wanted) :] == wanted:
            return row["url"]
    raise ValueError(f"there is no stage {name!r}: run the migrations first (infra/snowflake)")
