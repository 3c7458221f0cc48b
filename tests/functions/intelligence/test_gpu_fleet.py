"""The scheduled functions as they are deployed: settings from the environment, AWS in memory, and Modal's own client
against a control plane on loopback."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import httpx
import modal
import msgspec
import pytest
from moto import mock_aws

import app as application
from chalicelib.errors import ConfigurationMissing
from chalicelib.intelligence import fleet
from chalicelib.intelligence.worker_access import WorkerAccess
from chalicelib.settings import gpu_settings, settings
from events import keys
from events.gpu_job import Done, Heartbeat, Manifest, Order, OrderedShard, Software
from gpu_jobs.dispatch import PlaceRefuses
from gpu_jobs.models import LOCAL, model
from gpu_jobs.places.on_modal import APP
from infra.local.gpu_places.modal_control_plane import Serving, State
from tests.gpu_jobs.places.place_fakes import job

MODEL = model(LOCAL)
BUCKET, TABLE, ROLE = "sophia-lake", "sophia-state", "arn:aws:iam::123456789012:role/worker"
ENVIRONMENT = {
    "PUBLIC_BASE_URL": "https://hooks.example",
    "INGEST_QUEUE_URL": "x",
    "PULLS_QUEUE_URL": "x",
    "BACKGROUND_QUEUE_URL": "x",
    "LAKE_BUCKET": BUCKET,
    "STATE_TABLE": TABLE,
    "SECRETS_PREFIX": "sophia",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
    "GPU_USD_PER_DAY": "20",
}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """cloud(GPU_FLEET="modal"): the account, with the functions' environment. Gives the S3 client."""
    cached = (settings, gpu_settings, fleet._opened)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for one in cached:
        one.cache_clear()

    def make(**more: str) -> Any:
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        boto3.client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        return s3

    with mock_aws():
        yield make
    for one in cached:
        one.cache_clear()


def put_order(s3: Any) -> None:
    now = datetime.now(UTC)
    shard = OrderedShard(key="gpu/shards/order1/0.parquet", content_hashes=("a", "b"), characters=900)
    made = Order(job_id="order1", kind="embed", model_slug=MODEL.slug, ordered_at=now, shards=(shard,))
    s3.put_object(Bucket=BUCKET, Key=f"{keys.gpu_orders(now.date())}order1.json", Body=msgspec.json.encode(made))


def scheduled(handler: Any) -> Any:
    event = {"id": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}, "resources": []}
    told = {"version": "0", "account": "1", "region": "us-east-1", "time": "2026-01-01T00:00:00Z"}
    return handler(event | told, None)


def test_an_order_goes_to_modal_and_its_end_is_told(cloud: Callable[..., Any]) -> None:
    s3 = cloud(GPU_FLEET="modal")
    boto3.client("secretsmanager").create_secret(
        Name="sophia-gpu/modal", SecretString='{"token_id": "ak-token", "token_secret": "as-secret"}'
    )
    put_order(s3)
    ordered: list[dict[str, str]] = []

    def work(call_id: str, order: dict[str, str]) -> dict[str, str]:
        ordered.append(order)
        return {"ended": "finished", "reason": ""}

    plane = State({(APP, "embed"): work})
    with pytest.MonkeyPatch.context() as patch, Serving(plane) as url:
        patch.setenv("MODAL_SERVER_URL", url)
        register = modal.Dict.from_name("sophia-running", create_if_missing=True, client=_client())
        register.hydrate()
        assert scheduled(application.dispatch) == {"order1": "started"}
        assert scheduled(application.dispatch) == {}
        (call,) = plane.calls.values()
        call.outcome.result(10)
        assert [order["lake"] for order in ordered] == [f"s3://{BUCKET}"]
        _finish(s3)
        assert scheduled(application.reap) is True
    (told,) = s3.list_objects_v2(Bucket=BUCKET, Prefix="events/sophia/gpu_job/")["Contents"]
    assert told["Size"] > 0
    assert scheduled_state()["order1"] == "finished"


def test_without_a_fleet_nothing_is_done(cloud: Callable[..., Any]) -> None:
    s3 = cloud()
    put_order(s3)
    assert scheduled(application.dispatch) == {}
    assert scheduled(application.reap) is False
    assert scheduled_state() == {}


def test_a_place_without_its_key_is_left_out_and_the_last_one_is_missed(cloud: Callable[..., Any]) -> None:
    cloud(GPU_FLEET="modal, lambda_labs", LAMBDA_LABS_SSH_KEY_NAME="ops", GPU_WORKER_ROLE_ARN=ROLE)
    secrets = boto3.client("secretsmanager")
    with pytest.raises(ConfigurationMissing, match="modal, lambda_labs"):
        scheduled(application.reap)
    secrets.create_secret(Name="sophia-gpu/lambda_labs", SecretString='{"api_key": "key"}')
    opened = fleet.fleet(settings(), gpu_settings(), boto3.client, fleet._opened)
    assert set(opened.places) == {"lambda_labs"} and opened.budget.usd_per_day == 20
    secrets.put_secret_value(SecretId="sophia-gpu/lambda_labs", SecretString="no JSON")
    fleet._opened.cache_clear()
    with pytest.raises(ConfigurationMissing):
        scheduled(application.reap)


@pytest.mark.parametrize("named", ["lambda_labs", "somewhere"])
def test_a_fleet_that_cannot_be_is_refused(cloud: Callable[..., Any], named: str) -> None:
    cloud(GPU_FLEET=named)
    with pytest.raises(ConfigurationMissing, match=named):
        scheduled(application.dispatch)


# ---- what a rented machine may do


def access(s3: Any) -> WorkerAccess:
    return WorkerAccess(boto3.client("sts"), s3, BUCKET, ROLE, lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))


def test_a_machine_s_session_is_for_its_job_and_ends_with_its_lease(cloud: Callable[..., Any]) -> None:
    made = access(cloud())
    mine = job(ends_at=datetime(2026, 11, 20, 12, 40, tzinfo=UTC))
    told = made.environment(mine)
    assert set(told) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"}
    policy = made.policy(mine)
    text = json.dumps(policy)
    assert len(text) <= 2048  # docs.aws.amazon.com, "AssumeRole", Policy
    objects = {one for statement in policy["Statement"] for one in statement["Resource"] if ":s3:::" in one}
    written = {one for s in policy["Statement"] if "s3:PutObject" in s["Action"] for one in s["Resource"]}
    assert f"arn:aws:s3:::{BUCKET}/*" not in objects and not any("/events/" in one for one in objects)
    assert written == {
        f"arn:aws:s3:::{BUCKET}/gpu/results/*/{MODEL.slug}/*.parquet",
        f"arn:aws:s3:::{BUCKET}/gpu/done/{MODEL.slug}/*.json",
        f"arn:aws:s3:::{BUCKET}/gpu/jobs/job1/heartbeat.json",
    }


def test_a_machine_loads_the_wheel_and_the_weights_of_its_model_alone(cloud: Callable[..., Any]) -> None:
    s3 = cloud()
    with pytest.raises(PlaceRefuses, match="publish_worker"):
        access(s3).fetches(job())
    software = Software(
        wheel=("gpu/worker/sophia_intel-1-py3-none-any.whl", "ab" * 32),
        weights={LOCAL: ("gpu/worker/minilm.tar", "cd" * 32), "other": ("gpu/worker/other.tar", "ef" * 32)},
    )
    s3.put_object(Bucket=BUCKET, Key=keys.gpu_worker(), Body=msgspec.json.encode(software))
    s3.put_object(Bucket=BUCKET, Key=software.wheel[0], Body=b"wheel")
    found = access(s3).fetches(job())
    assert [(one.name, one.sha256) for one in found] == [
        ("sophia_intel-1-py3-none-any.whl", "ab" * 32),
        ("minilm.tar", "cd" * 32),
    ]
    assert all(httpx.URL(one.url).path.endswith(one.name) and "Expires" in one.url for one in found)


def _client() -> modal.Client:
    return modal.Client.from_credentials("ak-token", "as-secret")


def _finish(s3: Any) -> None:
    """As its worker leaves it."""
    body = s3.get_object(Bucket=BUCKET, Key=keys.gpu_manifest("order1"))["Body"].read()
    manifest = msgspec.json.decode(body, type=Manifest)
    for shard in manifest.shards:
        done = Done(
            job_id="order1",
            shard_id=shard.shard_id,
            engine="fake",
            documents=2,
            chunks=10,
            tokens=1000,
            dropped_claims=0,
            seconds=1.0,
        )
        s3.put_object(Bucket=BUCKET, Key=keys.gpu_done(MODEL.slug, shard.shard_id), Body=msgspec.json.encode(done))
    beat = Heartbeat(
        job_id="order1", worker="w", at=datetime.now(UTC) + timedelta(seconds=1), shards_done=1, verdict="finished"
    )
    s3.put_object(Bucket=BUCKET, Key=keys.gpu_heartbeat("order1"), Body=msgspec.json.encode(beat))


def scheduled_state() -> dict[str, str]:
    """What is recorded of each job."""
    items = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    return {item["sk"]["S"]: item["state"]["S"] for item in items if item["pk"]["S"] == "gpu_job"}
