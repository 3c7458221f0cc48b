"""Gateways' oddities: a secret in a body, errors in a 200, keys of their own, days that are booked late."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import vendor_fake
from vendor_fake import delivery

from chalicelib.errors import ConfigurationMissing, Unreadable
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Answer, Connection, Event, Page, Reading
from chalicelib.ingest.vendor_http import Response
from chalicelib.sources.llm_usage import source

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
KEYS = {"openrouter_key": "sk-or-1", "portkey_key": "pk-1", "litellm_key": "sk-1"}


def sample(name: str) -> bytes:
    return vendor_fake.sample("llm_usage", f"{name}.json")


class Gateway:
    """Answers by the first path that fits, and keeps what it was asked."""

    def __init__(self, answers: dict[str, bytes | list[bytes]]) -> None:
        self.answers = answers
        self.asked: list[Request] = []

    def ask(self, request: Request) -> Response:
        self.asked.append(request)
        answer = next(body for path, body in self.answers.items() if request.path.startswith(path))
        return Response(200, {}, answer.pop(0) if isinstance(answer, list) else answer)


def read(
    stream_name: str, gateway: Gateway, options: dict[str, Any], cursor: dict[str, Any] | None = None, keys: Any = KEYS
) -> list[Page]:
    assert source.pull
    stream = next(one for one in source.pull.streams if one.name == stream_name)
    connection = Connection("llm_usage", "default", "", keys, options, datetime(2026, 11, 16, tzinfo=UTC))
    reading = Reading(gateway, connection, cursor or {}, NOW)  # type: ignore[arg-type]
    return list(stream.read(reading))


def events(pages: list[Page]) -> list[Event]:
    return [event for page in pages for event in page.events]


def test_the_hash_of_a_key_is_taken_out_and_nothing_else_changes() -> None:
    assert source.webhook and source.webhook.redact
    body = sample("webhook__budget_crossed")
    redacted = source.webhook.redact(body)
    token = json.loads(body)["token"].encode()
    assert redacted == body.replace(token, b"redacted") and token not in redacted
    for odd in (b'{"token":null}', b'{"token" : "a\\"b"}', b'{"tokens":"a"}', b"\xff{"):
        assert source.webhook.redact(odd) == odd.replace(b'a\\"b', b"redacted")


def test_broadcast_may_test_an_address_with_nothing_in_it() -> None:
    assert source.webhook
    tested = delivery("llm_usage", b"{}", x_test_connection="true")
    assert isinstance(source.webhook.handshake(tested), Answer)
    assert source.webhook.handshake(delivery("llm_usage", sample("webhook__openrouter_trace"))) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event":""}', b'{"event":3}', b'{"resourceSpans":3}'])
def test_refuses_to_read_what_is_neither_alert_nor_trace(body: bytes) -> None:
    assert source.webhook
    with pytest.raises(Unreadable):
        source.webhook.read(delivery("llm_usage", body))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"data":[]}', ("ok", "")),
        (200, b'{"error":{"code":502,"message":"Provider returned error"}}', ("retry", "error_inside")),
        (200, b'{"error":{"code":402,"message":"Insufficient credits"}}', ("refused", "no_credits")),
        (200, b'{"error":{"message":"?"}}', ("retry", "error_inside")),
        (402, b"{}", ("refused", "no_credits")),
        (401, b"{}", ("refused", "status_401")),
        (524, b"", ("retry", "status_524")),
        (529, b"", ("retry", "status_529")),
        (429, b"{}", ("retry", "rate_limit")),
    ],
)
def test_judges_what_a_gateway_answers(status: int, body: bytes, expected: tuple[str, str]) -> None:
    assert source.pull
    ruling = source.pull.judge(Response(status, {}, body))
    assert (ruling.kind, ruling.reason) == expected


def test_each_gateway_is_shown_its_own_key_and_no_cursor_holds_one() -> None:
    for stream, options, answers, header in (
        ("openrouter_key", {"gateway": "openrouter"}, {"keys": [b'{"data":[]}']}, ("Authorization", "Bearer sk-or-1")),
        (
            "portkey_graph",
            {"gateway": "portkey"},
            {"a": sample("pull__portkey_graph_cost")},
            ("x-portkey-api-key", "pk-1"),
        ),
        ("litellm_spend_log", {"gateway": "litellm"}, {"spend": b"[]"}, ("Authorization", "Bearer sk-1")),
    ):
        gateway = Gateway(answers)
        pages = read(stream, gateway, options)
        assert {tuple(asked.headers.items()) for asked in gateway.asked} == {(header,)}
        assert not any(key in json.dumps([dict(page.cursor) for page in pages]) for key in KEYS.values())


def test_a_stream_of_a_gateway_that_the_connection_does_not_name_asks_nothing() -> None:
    gateway = Gateway({})
    for stream in ("openrouter_activity", "openrouter_key", "portkey_graph"):
        assert read(stream, gateway, {"gateway": "litellm"}) == []
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("options", "keys"), [({}, KEYS), ({"gateway": "helicone"}, KEYS), ({"gateway": "litellm"}, {})]
)
def test_a_connection_without_its_gateway_or_its_key_says_what_to_add(options: Any, keys: Any) -> None:
    with pytest.raises(ConfigurationMissing, match=r"gateway|litellm_key"):
        read("litellm_spend_log", Gateway({}), options, keys=keys)


def test_finished_days_are_read_again_for_a_while_and_the_cursor_never_goes_back() -> None:
    gateway = Gateway({"spend": b"[]"})
    pages = read("litellm_spend_log", gateway, {"gateway": "litellm"}, {"day": "2026-11-19"})
    assert [asked.params["start_date"] for asked in gateway.asked] == [f"2026-11-{day}" for day in (17, 18, 19, 20)]
    assert gateway.asked[0].params["end_date"] == "2026-11-18"
    assert [page.cursor["day"] for page in pages] == ["2026-11-19", "2026-11-19", "2026-11-19", "2026-11-20"]


def test_a_call_logged_without_an_id_is_still_a_record_of_its_own() -> None:
    gateway = Gateway({"spend": [sample("pull__litellm_spend_logs")] + [b"[]"] * 9})
    calls = events(read("litellm_spend_log", gateway, {"gateway": "litellm"}))
    assert len({one.entity_id for one in calls}) == 3 and "" not in {one.entity_id for one in calls}
    assert calls[0].source_updated_at == datetime(2026, 11, 18, 16, 20, 3, 412_000, tzinfo=UTC)


def test_a_day_of_openrouters_is_known_by_endpoint_model_and_workspace() -> None:
    pages = read(
        "openrouter_activity", Gateway({"activity": sample("pull__openrouter_activity")}), {"gateway": "openrouter"}
    )
    first, second = events(pages)
    assert first.entity_id == "2026-11-18/0b9c2f6e1d3a4b5c8e7f6a5b4c3d2e1f/openai/gpt-4.1-2025-04-14"
    assert second.entity_id.endswith("/3b1d8a44-8f0e-4a0b-9b5e-2f6f0c7d1e22")
    assert pages[-1].cursor == {"day": "2026-11-18"}


def test_days_openrouter_forgot_before_we_asked_are_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway({"activity": sample("pull__openrouter_activity")})
    read("openrouter_activity", gateway, {"gateway": "openrouter"}, {"day": "2026-10-01"})
    assert [record.message for record in caplog.records] == ["usage_may_be_lost"]


def test_a_gateway_that_ignores_the_offset_ends_the_listing_of_keys() -> None:
    pages = read("openrouter_key", Gateway({"keys": sample("pull__openrouter_keys")}), {"gateway": "openrouter"})
    assert len(events(pages)) == 1


def test_an_empty_day_of_portkeys_is_no_record() -> None:
    gateway = Gateway(
        {"analytics/graphs/cost": sample("pull__portkey_graph_cost"), "": sample("pull__portkey_graph_empty")}
    )
    found = events(read("portkey_graph", gateway, {"gateway": "portkey", "workspace_slug": "pay-ready"}))
    assert [one.entity_id for one in found] == [f"2026-11-{day}/cost" for day in (16, 17, 18, 19)]
    assert gateway.asked[0].params == {
        "time_of_generation_min": "2026-11-16T00:00:00Z",
        "time_of_generation_max": "2026-11-17T00:00:00Z",
        "workspace_slug": "pay-ready",
    }
