"""The local stack as a whole: it comes up, comes up again, carries a delivery, and recovers from a kill of any part."""

import http.client
import json
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psutil
import pytest

from infra.company.signing import sign
from infra.local.cloud import Cloud
from infra.local.processes import CannotStart
from infra.local.stack import DEFAULT_VENDOR_OPTIONS, PARTS, ROOT, Stack
from infra.warehouse import query
from tests.running_stack import Silent, new_stack, running_stack

pytestmark = pytest.mark.stack


VENDORS = ("github", "slack")
"""All of them run in the end-to-end tests; here each minute's pulls would only take the time of what is looked at."""
VENDOR_OPTIONS = (*DEFAULT_VENDOR_OPTIONS, "--sources", *VENDORS)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    deploy = Cloud.deploy

    def deploy_and_hold(cloud: Cloud, *what) -> bool:
        is_new = deploy(cloud, *what)
        if is_new:
            hold_a_message(cloud)
        return is_new

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cloud, "deploy", deploy_and_hold)
        with running_stack(tmp_path_factory.mktemp("sophia"), VENDOR_OPTIONS) as stack:
            yield stack


def hold_a_message(cloud: Cloud) -> None:
    """As a function does that is stopped in the middle of its work; nobody reads this queue."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="sophia-drops-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="held")
    assert sqs.receive_message(QueueUrl=url, VisibilityTimeout=3600, WaitTimeSeconds=5)["Messages"]


def test_what_a_function_held_when_the_deployment_was_saved_is_free_again(stack):
    assert stack.waiting("sophia-drops-dlq") == (1, 0)
    stack.client("sqs").purge_queue(
        QueueUrl=stack.client("sqs").get_queue_url(QueueName="sophia-drops-dlq")["QueueUrl"]
    )


def post(stack: Stack, text: str) -> tuple[int, dict]:
    """Deliver a Slack message as Slack would, which tries a 503 again."""
    for _ in range(3):
        status, answer = post_once(stack, text)
        if status != 503:
            break
        time.sleep(1)
    return status, answer


def post_once(stack: Stack, text: str) -> tuple[int, dict]:
    kept = json.loads(stack.vendors_file.read_text())["slack"]["kept"]
    stamp = f"{time.time():.6f}"
    event = {"type": "message", "channel": "C1", "user": "U1", "text": text, "ts": stamp, "event_ts": stamp}
    body = json.dumps(
        {
            "type": "event_callback",
            "team_id": "T1",
            "event_id": f"Ev{uuid.uuid4().hex}",
            "event_time": 1,
            "event": event,
        }
    ).encode()
    headers = sign("slack", body, f"{stack.public_base_url}/hooks/slack", kept, now=datetime.now(UTC)).headers
    address = urlsplit(stack.api_url)
    connection = http.client.HTTPConnection(address.netloc, timeout=30)
    try:
        connection.request("POST", f"{address.path}/hooks/slack", body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def rows_of(stack: Stack, event_id: str) -> list[dict]:
    return query(stack.warehouse_port, "select payload from RAW_DATA.EVENTS where event_id = %s", (event_id,))


def await_row(stack: Stack, event_id: str, within_s: float = 60) -> dict:
    deadline = time.monotonic() + within_s
    while not (rows := rows_of(stack, event_id)):
        assert time.monotonic() < deadline, f"{event_id} did not reach the warehouse within {within_s} s"
        time.sleep(0.3)
    return rows[0]


def test_a_signed_delivery_reaches_the_warehouse(stack):
    status, answer = post(stack, "from the edge to the warehouse")
    assert status == 200
    row = await_row(stack, answer["event_ids"][0])
    assert json.loads(row["PAYLOAD"])["event"]["text"] == "from the edge to the warehouse"


def test_a_package_is_unpacked_once_for_all_its_workers(stack):
    temporary = stack.folder / "cloud" / "tmp"
    codes = list(temporary.glob("ministack-lambda-*/code"))
    assert len(codes) > 1  # the API's, and that of the function that lands
    assert {code.readlink().parent for code in codes} == {temporary / "unpacked"}
    assert {code.readlink() for code in codes} == set((temporary / "unpacked").iterdir())


def test_every_part_is_up_and_told(stack):
    assert stack.is_up()
    assert {row["part"]: row["state"] for row in stack.status()} == dict.fromkeys(PARTS, "up")


def test_everything_listens_on_loopback_alone(stack):
    processes = [psutil.Process(row["pid"]) for row in stack.status()]
    listening = [one.laddr for process in processes for one in process.net_connections() if one.status == "LISTEN"]
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_up_again_starts_nothing_anew(stack):
    before = [row["pid"] for row in stack.status()]
    stack.up(Silent(), vendor_options=VENDOR_OPTIONS)
    assert [row["pid"] for row in stack.status()] == before


def test_every_simulated_vendor_is_a_connection(stack):
    table = stack.client("dynamodb").scan(TableName="sophia-state")["Items"]
    connections = {item["sk"]["S"] for item in table if item["pk"]["S"] == "connection"}
    assert connections == {f"{name}/default" for name in VENDORS}
    secrets = stack.client("secretsmanager").list_secrets()["SecretList"]
    assert {f"sophia/{name}" for name in connections} <= {secret["Name"] for secret in secrets}


def test_the_schedule_is_deployed_and_the_tick_runs(stack):
    rules = stack.client("events").list_rules()["Rules"]
    assert "rate(1 minute)" in {rule.get("ScheduleExpression") for rule in rules}
    stack.tick()


def test_another_stack_on_the_same_port_is_told_which_port_and_what_to_do(stack, tmp_path):
    other = new_stack(tmp_path, stack.ports)
    with pytest.raises(CannotStart, match=rf"port {stack.ports.cloud}.*SOPHIA_PORT_OFFSET"):
        other.up(Silent())
    assert stack.is_up()


def test_only_one_command_at_a_time_starts_or_stops(stack):
    code = f"""
from pathlib import Path
from infra.local.stack import Stack
with Stack(Path({str(stack.folder)!r}))._alone():
    print("held", flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(CannotStart, match="another command"):
            stack.down()
        other.communicate(b"\n")


@pytest.mark.parametrize("part", ["snowpipe", "warehouse"])
def test_a_delivery_answered_before_a_kill_arrives_once(stack, part):
    status, answer = post(stack, f"just before {part} is killed")
    kill(stack, part)
    assert status == 200
    assert not stack.is_up()
    stack.up(Silent(), vendor_options=VENDOR_OPTIONS, dies_with_us=True)
    _, later = post(stack, f"after {part} was killed")
    for event_id in answer["event_ids"] + later["event_ids"]:
        await_row(stack, event_id)
        assert len(rows_of(stack, event_id)) == 1


def test_up_recovers_when_every_part_was_killed(stack):
    for part in PARTS:
        kill(stack, part)
    stack.up(Silent(), vendor_options=VENDOR_OPTIONS, dies_with_us=True)
    assert stack.is_up()
    status, answer = post(stack, "after everything was killed")
    assert status == 200
    await_row(stack, answer["event_ids"][0])


def kill(stack: Stack, part: str) -> None:
    process = psutil.Process({row["part"]: row["pid"] for row in stack.status()}[part])
    process.kill()
    psutil.wait_procs([process], timeout=5)


def test_an_interrupted_start_leaves_nothing_running_and_data_is_still_there_after_down_and_up(stack):
    _, answer = post(stack, "kept")
    await_row(stack, answer["event_ids"][0])
    stack.down()
    assert not any(row["pid"] for row in stack.status())
    left = stack.folder / "cloud" / "tmp" / "ministack-lambda-of-a-worker-that-is-gone"
    left.mkdir()
    with pytest.raises(KeyboardInterrupt):
        stack.up(Interrupted())
    assert not left.exists()
    assert not any(row["pid"] for row in stack.status())
    stack.up(Silent(), vendor_options=VENDOR_OPTIONS, dies_with_us=True)
    assert len(rows_of(stack, answer["event_ids"][0])) == 1
    assert stack.client("s3").list_objects_v2(Bucket=stack.lake_bucket, Prefix="events/slack/message/")["KeyCount"] > 0
    assert post(stack, "and on")[0] == 200


class Interrupted(Silent):
    """By somebody, when the cloud and the warehouse are up."""

    def step(self, title, total=None):
        if title == "start the vendors":
            raise KeyboardInterrupt
        return super().step(title, total)
