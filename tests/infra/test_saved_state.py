"""What ministack saved is let go of before it starts again: no message and no stream waits for a function that died."""

import json

from infra.local.saved_state import release


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


def test_no_state_and_one_cut_short_are_left_to_ministack(tmp_path):
    release(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "sqs.json").write_text('{"payload": {')
    release(tmp_path)
    assert (tmp_path / "state" / "sqs.json").read_text() == '{"payload": {'
