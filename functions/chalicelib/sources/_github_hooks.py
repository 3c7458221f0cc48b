"""GitHub's hooks: one per repository the operator named, else one of the organization. They do not expire.

docs.github.com, "REST API endpoints for repository webhooks" and "for organization webhooks". A listing shows no
secret. GitHub disables nothing by itself and redelivers nothing, but someone may switch a hook off. Needs a token with
the scopes admin:repo_hook or admin:org_hook; without them GitHub answers 404, as if there were nothing.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from ..errors import ConfigurationMissing, VendorSaysNo
from ..ingest.bodies import typed
from ..ingest.pages import LinkHeader, Request, items, walk
from ..ingest.source import Connection
from ..ingest.subscription import Created, Subscription, Subscriptions, Wanted

if TYPE_CHECKING:
    from ..ingest.vendor_http import VendorHttp


class _Config(msgspec.Struct):
    url: str = ""


class _Hook(msgspec.Struct):
    id: int
    active: bool = True
    config: _Config = msgspec.field(default_factory=_Config)


_hook = msgspec.json.Decoder(_Hook)


def _places(connection: Connection) -> Iterator[str]:
    if named := connection.options.get("repositories"):
        yield from (f"repos/{name}/hooks" for name in named)
    elif organization := connection.options.get("organization"):
        yield f"orgs/{organization}/hooks"
    else:
        which = f"github/{connection.connection_id}"
        raise ConfigurationMissing(
            f"connection {which} names no organization and no repositories: add them to its options"
        )


def _existing(http: "VendorHttp", connection: Connection) -> Sequence[Subscription]:
    return [one for place in _places(connection) for one in _listed(http, place)]


def _listed(http: "VendorHttp", place: str) -> Iterator[Subscription]:
    for answer, _ in walk(http, Request(place, params={"per_page": 100}), LinkHeader()):
        for raw in items(answer.body) if answer.ruling.kind == "ok" else ():
            yield _told(typed(_hook, raw), place)


def _create(http: "VendorHttp", connection: Connection, wanted: Wanted) -> Created:
    """Makes what is missing: a second hook to one address is answered 422. GitHub sends a ping at once."""
    asked = {
        "name": "web",
        "active": True,
        "events": ["*"],
        "config": {"url": wanted.url, "content_type": "json", "secret": wanted.secret, "insecure_ssl": "0"},
    }
    made = []
    for place in _places(connection):
        if any(one.url == wanted.url for one in _listed(http, place)):
            continue
        answer = http.ask(Request(place, "POST", json=asked))
        if answer.ruling.kind != "ok":
            words = " ".join(answer.body[:400].decode(errors="replace").split())
            raise VendorSaysNo(f"github made no hook at {place!r}: may the token administer hooks there?", words)
        made.append(_told(typed(_hook, answer.body), place))
    return Created(made, [wanted.secret] if made else [])


def _remove(http: "VendorHttp", connection: Connection, subscription: Subscription) -> None:
    http.ask(Request(f"{subscription.detail['place']}/{subscription.id}", "DELETE"))


def _told(hook: _Hook, place: str) -> Subscription:
    return Subscription(str(hook.id), hook.config.url, hook.active, detail={"place": place})


SUBSCRIPTIONS = Subscriptions(_existing, _create, _remove, creates_missing=True)
