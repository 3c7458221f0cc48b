"""What is asked of Linear's GraphQL API: for each stream what changed, all ids there are, and one record by its id.

Facts: linear/linear, packages/sdk/src/schema.graphql. A query may cost 10,000 points, and a nested list multiplies what
is in it by its `first`, so every one is bounded. Lists are sorted by updatedAt; what changes while they are read comes
again in the next run.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import Unreadable, VendorSaysNo
from ..ingest.bodies import instant, typed
from ..ingest.newest_first import NewestFirst, Told, each
from ..ingest.pages import Request, items, told, value, walk
from ..ingest.source import Census, Event, Reading, Stream, Window

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

PAGE = 100
"""Records a page, of at most 250 (unverified); with what a record nests, some 2,500 points."""
IDS_PAGE = 250
OVERLAP = timedelta(minutes=5)
PULLED = "pulled"
"""source_version of what was pulled: of one updatedAt, the listing tells more than a webhook does."""

_DATES = "createdAt updatedAt archivedAt"
_NODES = {
    "team": ("teams", f"id key name description {_DATES}"),
    "workflow_state": ("workflowStates", f"id name type position team {{ id }} {_DATES}"),
    "issue_label": ("issueLabels", f"id name isGroup team {{ id }} parent {{ id }} {_DATES}"),
    "user": ("users", f"id name displayName email title active admin guest app {_DATES}"),
    "initiative": (
        "initiatives",
        f"id name description status health targetDate owner {{ id }} startedAt completedAt trashed url {_DATES}",
    ),
    "project": (
        "projects",
        "id name slugId description health priority progress scope startDate targetDate startedAt completedAt "
        "canceledAt trashed labelIds url status { id name type } lead { id } creator { id } "
        f"teams(first: 10) {{ nodes {{ id key }} }} {_DATES}",
    ),
    "project_update": ("projectUpdates", f"id body health editedAt url project {{ id }} user {{ id }} {_DATES}"),
    "cycle": ("cycles", f"id number name startsAt endsAt completedAt progress team {{ id }} {_DATES}"),
    "customer": (
        "customers",
        "id name domains externalIds revenue size approximateNeedCount url status { id name } tier { id name } "
        f"owner {{ id }} {_DATES}",
    ),
    "customer_need": (
        "customerNeeds",
        f"id body priority url customer {{ id }} issue {{ id }} project {{ id }} creator {{ id }} {_DATES}",
    ),
    "comment": (
        "comments",
        f"id body editedAt resolvedAt parentId url issue {{ id }} project {{ id }} user {{ id }} {_DATES}",
    ),
    "issue": (
        "issues",
        "id identifier previousIdentifiers number title description priority estimate dueDate labelIds branchName "
        "customerTicketCount trashed url startedAt triagedAt completedAt canceledAt slaStartedAt slaBreachesAt "
        "state { id name type } team { id key name } cycle { id number } project { id name } projectMilestone { id } "
        f"assignee {{ id }} creator {{ id }} parent {{ id }} {_DATES}",
    ),
}
_EVERY = {"issue": 5, "comment": 5, "project": 15, "customer_need": 15, "cycle": 15}
"""Minutes between two runs; an hour for the others."""
_DATED = frozenset(("issue", "comment", "project_update", "customer_need", "cycle"))
"""What a first run reads from the connection's start only; of the rest, to which these refer, it reads everything."""
_TRASHABLE = frozenset(("issue", "project", "initiative"))


class _Node(msgspec.Struct, rename="camel"):
    id: str = ""
    updated_at: str | None = None
    trashed: bool | None = None


_node = msgspec.json.Decoder(_Node)


@dataclass(frozen=True)
class _Connection:
    """Relay's pages: data.<root>.pageInfo {hasNextPage, endCursor}, asked for by the variable `after`."""

    root: str

    def following(self, request: Request, response: "Response") -> Request | None:
        about = value(response.body, "data", self.root, "pageInfo") or {}
        if not about.get("hasNextPage") or not about.get("endCursor"):
            return None
        asked = request.json or {}
        variables = {**asked["variables"], "after": about["endCursor"]}
        return dataclasses.replace(request, json={**asked, "variables": variables})


def _question(stream: str, fields: str, first: int, narrowed: dict[str, Any] | None) -> Request:
    root, _ = _NODES[stream]
    kind = "".join(part.capitalize() for part in stream.split("_"))
    # Of the people who left, users are listed only on request.
    also = ", includeDisabled: true" if root == "users" else ""
    query = (
        f"query($filter: {kind}Filter, $first: Int, $after: String) {{ "
        f"{root}(filter: $filter, first: $first, after: $after, includeArchived: true, orderBy: updatedAt{also}) "
        f"{{ nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    )
    return Request("graphql", "POST", json={"query": query, "variables": {"filter": narrowed, "first": first}})


def _event(stream: str, raw: bytes, *, is_whole: bool = True) -> Event:
    node = typed(_node, raw)
    if not node.id:
        raise Unreadable("missing_entity", f"a {stream} without an id")
    at = instant(node.updated_at)
    return Event(
        stream,
        node.id,
        "delete" if node.trashed else "upsert",
        raw if is_whole else b"",
        occurred_at=at,
        source_updated_at=at,
        source_version=PULLED,
    )


def _changed(stream: str) -> Callable[[Reading], Iterator[Any]]:
    root, fields = _NODES[stream]

    def is_first_whole(reading: Reading) -> bool:
        return stream not in _DATED and not reading.cursor.get("newest")

    def request(reading: Reading, part: str, floor: datetime | None) -> Request:
        narrowed = None if floor is None or is_first_whole(reading) else {"updatedAt": {"gte": _exact(floor)}}
        return _question(stream, fields, PAGE, narrowed)

    def tell(raw: bytes, part: str, reading: Reading) -> Told:
        event = _event(stream, raw)
        return Told(event.source_updated_at, event.source_updated_at, event, is_first_whole(reading))

    one = NewestFirst(request, tell, _Connection(root), ("data", root, "nodes"), reread=None, overlap=OVERLAP)
    return each(lambda reading: ("all",), one)


def _exact(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _census(stream: str) -> Census:
    """All ids, since a deleted record leaves no other trace than its absence."""
    root, fields = _NODES[stream]

    def every(reading: Reading, window: Window) -> Iterator[Sequence[Event]]:
        about = "id updatedAt trashed" if stream in _TRASHABLE else "id updatedAt"
        for answer, _ in walk(reading.http, _question(stream, about, IDS_PAGE, None), _Connection(root)):
            nodes = _nodes(answer, root)
            listed = [told(raw, stream, lambda raw, stream: _event(stream, raw, is_whole=False)) for raw in nodes]
            yield [one for one in listed if one.operation != "delete"]

    def fetch(reading: Reading, entity_id: str) -> Event | None:
        # By a filter, which answers an unknown id with an empty list; how issue(id:) answers it is not documented.
        answer = reading.http.ask(_question(stream, fields, 1, {"id": {"eq": entity_id}}))
        found = [_event(stream, raw) for raw in _nodes(answer, root)]
        return found[0] if found and found[0].operation != "delete" else None

    return Census(records=every, fetch=fetch, is_whole=True)


def _nodes(answer: "Response", root: str) -> list[bytes]:
    """What was listed; a closed door is not an empty room, for then all we have would seem deleted."""
    if answer.ruling.kind != "ok":
        raise VendorSaysNo(f"linear does not show {root} to this key ({answer.ruling.reason}): check its scopes")
    return items(answer.body, "data", root, "nodes")


STREAMS = tuple(
    Stream(stream, _changed(stream), every=timedelta(minutes=_EVERY.get(stream, 60)), census=_census(stream))
    for stream in _NODES
)
