"""Asking a vendor: authorised, paced, retried and judged, with credentials that never leave the vendor's own host.

What comes back is usable: `ok`, `empty` or `skip`. Everything else is one of the VendorErrors. Retries wait with full
jitter, or as long as the vendor says (Marc Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog).
"""

import dataclasses
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

import httpx
import tenacity

from ..errors import ConfigurationMissing, Unreadable, VendorBusy, VendorForgot, VendorSaysNo, VendorUnavailable
from ..log import log
from .pages import Request, value
from .source import Connection, Login, Pull, Ruling

USER_AGENT = "sophia-intel/0.1"
"""GitHub refuses requests without one."""
_HEADERS = {"User-Agent": USER_AGENT, "Accept": "application/json"}
TIMEOUT_S = 25.0
"""How long one answer may take, as a whole and between its bytes."""
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MOST_HOPS = 3
_LONGEST_WAIT_S = 86_400.0
"""No vendor's quota resets more slowly than daily; a longer wait is a broken clock."""


@dataclass(frozen=True, slots=True)
class Response:
    """A vendor's answer. Header names are lower case; ruling says what the answer means."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ruling: Ruling = field(default_factory=lambda: Ruling("ok"))


@dataclass(frozen=True)
class Budget:
    """How much one question may cost. Jitter grows from base_s to most_s a wait; a wait that does not fit into the
    seconds left ends the question at once."""

    tries: int = 6
    seconds: float = 90.0
    base_s: float = 0.5
    most_s: float = 30.0
    answer_bytes: int = 32 * 1024 * 1024


class Pace(Protocol):
    """The shared token buckets: see token_bucket.TokenBuckets."""

    def take(self, name: str, most_s: float) -> None: ...
    def pause(self, name: str, seconds: float) -> None: ...


class Fuse(Protocol):
    """The shared circuit breaker: see breaker.Breaker."""

    def admit(self) -> None: ...
    def succeeded(self) -> None: ...
    def failed(self) -> None: ...


class VendorHttp:
    """One vendor connection during one run.

    remaining_s tells what is left of the run; nothing here waits longer. before_each is called ahead of every try: the
    puller keeps its lease alive there.
    """

    def __init__(
        self,
        connection: Connection,
        pull: Pull,
        *,
        client: httpx.Client,
        buckets: Pace,
        breaker: Fuse,
        remaining_s: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
        budget: Budget | None = None,
        before_each: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._connection = connection
        self._pull = pull
        self._client = client
        self._buckets = buckets
        self._breaker = breaker
        self._remaining_s = remaining_s
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._budget = budget or Budget()
        self._before_each = before_each
        self._now = now
        self._token: str | None = None
        self._base_url = (connection.base_url or pull.base_url).rstrip("/") + "/"
        self.requests = 0
        self.received_bytes = 0
        self.skipped = 0

    def ask(self, request: Request) -> Response:
        """The vendor's answer, ruled ok, empty or skip.

        Raises VendorSaysNo when it refuses for good, VendorForgot when it no longer knows the token we read on with,
        VendorBusy when the wait it asks for is longer than this run may last, VendorUnavailable when it gave no usable
        answer, CircuitOpen when we have stopped asking.
        """
        self._breaker.admit()
        floor_s = max(0.0, self._remaining_s() - self._budget.seconds)
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda response: response.ruling.kind == "retry"),
            wait=self._wait_s,
            stop=lambda state: self._is_spent(state, self._remaining_s() - floor_s),
            sleep=self._sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
            before_sleep=lambda state: log.info(
                "vendor_asked_again", **self._about(request), tries=state.attempt_number
            ),
        )
        response: Response = attempts(self._try, request)
        kind = response.ruling.kind
        if kind == "retry":
            raise self._give_up(request, response)
        self._breaker.succeeded()
        self.skipped += kind == "skip"
        if kind == "forgotten":
            raise VendorForgot(f"{self._connection.source} has forgotten where {_shown(request)} was to go on")
        if kind in ("refused", "expired"):
            raise VendorSaysNo(
                f"{self._connection.source} refused {_shown(request)} with {response.status} "
                f"({response.ruling.reason}): check the connection's credentials and scopes",
                words=_words(response),
            )
        return response

    def _try(self, request: Request) -> Response:
        if self.requests and self._remaining_s() <= 0:
            raise VendorBusy("the run's time is up", 0)
        self._before_each()
        for name in dict.fromkeys((request.bucket, "")):
            self._buckets.take(name, max(0.0, min(self._remaining_s(), self._budget.seconds)))
        self.requests += 1
        try:
            response = self._exchange(request)
            ruling = self._judge(response)
            if ruling.kind == "expired" and self._token is not None:
                self._token = None
                response = self._exchange(request)
                ruling = self._judge(response)
        except (httpx.TransportError, httpx.DecodingError, Unreadable) as error:
            return Response(0, {}, b"", Ruling("retry", type(error).__name__))
        if ruling.kind == "retry" and ruling.after_s is not None:
            ruling = dataclasses.replace(ruling, after_s=min(max(ruling.after_s, 0.0), _LONGEST_WAIT_S))
            self._buckets.pause(request.bucket, ruling.after_s or 0.0)
        return dataclasses.replace(response, ruling=ruling)

    def _judge(self, response: Response) -> Ruling:
        try:
            ruling = self._pull.judge(response)
        except Unreadable as error:
            return Ruling("retry", error.reason)
        # A maintenance page or a login wall in front of an API comes as 200 and HTML.
        if ruling.kind == "ok" and response.headers.get("content-type", "").startswith("text/html"):
            return Ruling("retry", "html_instead_of_json")
        return ruling

    def _exchange(self, request: Request) -> Response:
        url = self._url(request.path, request.is_public)
        params = {name: value for name, value in request.params.items() if value is not None}
        message = self._client.build_request(
            request.method,
            url.copy_merge_params(params) if params else url,
            json=request.json,
            data=request.form,
            headers={**_HEADERS, **request.headers, **({} if request.is_public else self._authorisation())},
        )
        for _ in range(_MOST_HOPS):
            answer = self._send(message)
            target = answer.headers.get("location")
            if answer.status not in _REDIRECTS or target is None or request.method != "GET":
                return answer
            # GitHub redirects renamed repositories to another path of the same host.
            url = self._url(str(message.url.join(target)))
            message = self._client.build_request("GET", url, headers=message.headers)
        raise VendorSaysNo(f"{self._connection.source} redirected {_shown(request)} {_MOST_HOPS} times in a row")

    def _send(self, message: httpx.Request) -> Response:
        began = time.monotonic()
        answer = self._client.send(message, stream=True, follow_redirects=False)
        body = bytearray()
        try:
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > self._budget.answer_bytes:
                    raise VendorSaysNo(
                        f"{message.url.path!r} answers more than {self._budget.answer_bytes} bytes: ask for less"
                    )
                if time.monotonic() - began > TIMEOUT_S:
                    raise httpx.ReadTimeout("the answer trickles", request=message)
        finally:
            answer.close()
            self.received_bytes += len(body)
        return Response(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, bytes(body)
        )

    def _url(self, path: str, is_public: bool = False) -> httpx.URL:
        """Absolute only within the vendor's own origin: whoever can write a next link must not get our token."""
        is_absolute = "://" in path.partition("?")[0]
        try:
            wanted = httpx.URL(path if is_absolute else self._base_url + path.lstrip("/"))
            own = httpx.URL(self._base_url)
        except httpx.InvalidURL as error:
            raise VendorSaysNo(f"{self._connection.source} was to be asked at no URL ({error}): not followed") from None
        if is_public and wanted.scheme == "https":
            return wanted
        if (wanted.scheme, wanted.host, wanted.port, wanted.userinfo) != (own.scheme, own.host, own.port, own.userinfo):
            raise VendorSaysNo(f"{self._connection.source} points to another host {wanted.host!r}: not followed")
        return wanted

    def _authorisation(self) -> Mapping[str, str]:
        try:
            return self._pull.headers(self._logged_in(self._pull.login) if self._pull.login else self._connection)
        except KeyError as missing:
            raise ConfigurationMissing(
                f"the secret of {self._connection.source}/{self._connection.connection_id} lacks {missing}: add it"
            ) from None

    def _logged_in(self, login: Login) -> Connection:
        """The connection with a token among its credentials. An outage may look like none: Looker's is a 404."""
        if self._token is None:
            asked = login.request(self._connection, self._now())
            path = asked.path if "://" in asked.path else self._base_url + asked.path.lstrip("/")
            headers = {**_HEADERS, **asked.headers}
            answer = self._send(
                self._client.build_request(asked.method, path, json=asked.json, data=asked.form, headers=headers)
            )
            if answer.status >= 500 or answer.status == 429 or self._judge(answer).kind == "retry":
                raise httpx.ReadError(f"no token: status {answer.status}")
            token = value(answer.body, *login.token) if answer.status < 300 else None
            if not isinstance(token, str) or not token:
                raise VendorSaysNo(
                    f"{self._connection.source} gave no token ({answer.status}): check the client's id and secret",
                    words=_words(answer),
                )
            self._token = token
        credentials = {**self._connection.credentials, "access_token": self._token}
        return dataclasses.replace(self._connection, credentials=credentials)

    def _wait_s(self, state: tenacity.RetryCallState) -> float:
        after_s = state.outcome.result().ruling.after_s if state.outcome else None
        if after_s is not None:
            # The bucket is paused for everyone and waits out the whole; a named bucket may have no rate, so wait here
            # too. A little jitter keeps sharers from returning in step.
            return after_s + self._rng.uniform(0, 1)
        return self._rng.uniform(0, min(self._budget.most_s, self._budget.base_s * 2**state.attempt_number))

    def _is_spent(self, state: tenacity.RetryCallState, left_s: float) -> bool:
        return state.attempt_number >= self._budget.tries or state.upcoming_sleep > left_s

    def _give_up(self, request: Request, response: Response) -> VendorBusy | VendorUnavailable:
        ruling = response.ruling
        log.warning("vendor_gave_no_answer", **self._about(request), status=response.status, reason=ruling.reason)
        if ruling.after_s is not None or response.status == 429:
            self._breaker.succeeded()  # it is there, and busy
            after_s = 60.0 if ruling.after_s is None else ruling.after_s
            return VendorBusy(f"{self._connection.source} asks for a pause of {after_s:.0f} s", after_s)
        self._breaker.failed()
        return VendorUnavailable(
            f"{self._connection.source} gave no usable answer to {_shown(request)} "
            f"({ruling.reason or 'no reason'}, status {response.status}): tried again later",
            status=response.status,
        )

    def _about(self, request: Request) -> dict[str, str]:
        return {
            "source": self._connection.source,
            "connection_id": self._connection.connection_id,
            "path": urlsplit(request.path).path,
        }


def _shown(request: Request) -> str:
    """Method and path without the query, which may hold what is no business of a log."""
    return f"{request.method} {urlsplit(request.path).path!r}"


def _words(response: Response) -> str:
    """What the vendor says, for the operator who asked; it goes into no log."""
    return " ".join(response.body[:2000].decode(errors="replace").split())[:400]
