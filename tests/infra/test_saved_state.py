"""What ministack saved is let go of before it starts again: no message and no stream waits for a function that died."""

import json
from typing import get_args

import pytest

from chalicelib.ingest.cursors import Kind
from infra.local.saved_state import move, release


def saved(tmp_path, name, payload):
    path = tmp_path / "state" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"__ministack_format__": 2, "payload": payload}))
    return lambda: json.loads(path.read_text())["payload"]


def test_a_message_that_a_function_held_is_visible_at_once_and_a_delayed_one_stays_delayed(tmp_path):
    held = {"body": "a", "receipt_handle": "r", "visible_at": 9e9, "receive_count": 1}
    delayed = {"body": "b", "receipt_handle": None, "visible_at": 9e9, "receive_count": 0}
    queues = {"data": {"q": {"name": "sophia-pulls", "messages": [held, delayed]}}}
    read = saved(tmp_path, "sqs.json", {"queues": queues})
    release(tmp_path)
    assert read()["queues"]["data"]["q"]["messages"] == [held | {"receipt_handle": None, "visible_at": 0}, delayed]


def test_a_stream_that_a_pull_held_is_free_and_keeps_its_cursor(tmp_path):
    cursor = {"cursor": {"S": "{}"}, "batch_id": {"S": "b"}}
    lease = {"owner": {"S": "o"}, "lease_until": {"S": "2026-01-01T00:00:00+00:00"}}
    other = {"owner": {"S": "not a lease"}}
    items = {"cursor#slack/default": {"message": cursor | lease}, "connection": {"slack/default": other}}
    read = saved(tmp_path, "dynamodb.json", {"tables": {"data": {"t": {"items": items}}}})
    release(tmp_path)
    assert read()["tables"]["data"]["t"]["items"] == {
        "cursor#slack/default": {"message": cursor},
        "connection": {"slack/default": other},
    }


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_lease_of_any_kind_has_ended(tmp_path, kind):
    held = {"cursor": {"S": "{}"}, "owner": {"S": "o"}, "lease_until": {"S": "2026-01-01T00:00:00+00:00"}}
    items = {f"{kind}#slack/default": {"-": held}}
    read = saved(tmp_path, "dynamodb.json", {"tables": {"data": {"t": {"items": items}}}})
    release(tmp_path)
    assert read()["tables"]["data"]["t"]["items"] == {f"{kind}#slack/default": {"-": {"cursor": {"S": "{}"}}}}


def test_no_state_and_one_cut_short_are_left_to_ministack(tmp_path):
    release(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "sqs.json").write_text('{"payload": {')
    release(tmp_path)
    assert (tmp_path / "state" / "sqs.json").read_text() == '{"payload": {'


OLD, NEW = "http://127.0.0.1:4566", "http://127.0.0.1:4866"


def test_after_a_change_of_port_every_queue_is_found_at_the_new_one(tmp_path):
    read_queues = saved(tmp_path, "sqs.json", {"queues": {"data": {f"{OLD}/000000000000/sophia-pulls": {}}}})
    variables = {"INGEST_QUEUE_URL": f"{OLD}/000000000000/sophia-ingest", "PUBLIC_BASE_URL": OLD}
    read_functions = saved(tmp_path, "lambda.json", {"Variables": variables})

    assert move(tmp_path, NEW)

    assert read_queues() == {"queues": {"data": {f"{NEW}/000000000000/sophia-pulls": {}}}}
    assert read_functions() == {
        "Variables": {"INGEST_QUEUE_URL": f"{NEW}/000000000000/sophia-ingest", "PUBLIC_BASE_URL": OLD}
    }
    assert not move(tmp_path, NEW)


def test_a_move_that_was_interrupted_is_finished_by_the_next(tmp_path):
    url = f"{OLD}/000000000000/sophia-pulls"
    saved(tmp_path, "sqs.json", {"queues": {"data": {url: {}}}})
    read = saved(tmp_path, "lambda.json", {"Variables": {"PULLS_QUEUE_URL": url}})
    (tmp_path / "state" / "zzz.json").mkdir()  # cannot be read: the move ends before the queues' own file

    with pytest.raises(IsADirectoryError):
        move(tmp_path, NEW)
    (tmp_path / "state" / "zzz.json").rmdir()

    assert move(tmp_path, NEW)
    assert read() == {"Variables": {"PULLS_QUEUE_URL": f"{NEW}/000000000000/sophia-pulls"}}


def test_a_first_start_has_nothing_to_move(tmp_path):
    assert not move(tmp_path, NEW)
