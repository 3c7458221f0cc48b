"""The pull lane, and what wakes it, on real clients: DynamoDB, SQS, S3 and Secrets Manager as moto plays them."""

import gzip
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from pull_fakes import vendor
from test_land import envelope, message, sqs_event

from chalicelib.ingest import aws_services, landing
from chalicelib.ingest.connections import Connections
from chalicelib.ingest.cursors import Cursors
from chalicelib.ingest.pull import puller
from chalicelib.ingest.source import Connection
from chalicelib.settings import Settings, settings


@pytest.fixture
def vendor_url() -> Iterator[str]:
    class Vendor(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"things": [{"id": 1}], "next": None}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api/"
    server.shutdown()
    server.server_close()


def test_a_tick_orders_a_pull_whose_records_land_in_the_lake(table, aws, vendor_url):
    queue, lake = aws("sqs"), aws("s3")
    lake.create_bucket(Bucket="sophia-lake")
    url = queue.create_queue(QueueName="sophia-pulls")["QueueUrl"]
    where = Settings("https://hooks.payready.example", "", url, "", "sophia-lake", "sophia-state", "sophia", 1, 1)
    Connections(table, aws("secretsmanager"), "sophia").connect(
        Connection("vendor", "default", vendor_url, {"token": "t"})
    )
    lane = puller(where, aws, find={"vendor": vendor()}.get)

    assert lane.tick(datetime.now(UTC)) == 1
    (message,) = queue.receive_message(QueueUrl=url)["Messages"]
    assert lane.run(message["Body"], lambda: 300_000).ended == "finished"

    (listed,) = lake.list_objects_v2(Bucket="sophia-lake")["Contents"]
    assert listed["Key"].startswith("events/vendor/thing/")
    line = json.loads(gzip.decompress(lake.get_object(Bucket="sophia-lake", Key=listed["Key"])["Body"].read()))
    assert (line["entity_id"], line["lane"], line["payload"]) == ("1", "pull", {"id": 1})
    assert lane.tick(datetime.now(UTC)) == 0


def test_runs_trust_the_same_authorities_without_reading_them_again(table, aws, monkeypatch):
    where = Settings("https://hooks.payready.example", "", "", "", "sophia-lake", "sophia-state", "sophia", 1, 1)
    first = aws_services.arguments(where, aws, "")["client"]
    with first():
        monkeypatch.setattr("httpx.create_ssl_context", lambda *_: pytest.fail("read again"))
        with aws_services.arguments(where, aws, "")["client"]() as another:
            pool = another._transport._pool  # type: ignore[attr-defined]
    assert pool._ssl_context is aws_services.trusted()
    assert pool._ssl_context.verify_mode == ssl.CERT_REQUIRED


def test_a_message_of_a_vendor_that_landed_makes_the_tick_order_what_it_is_about(table, aws, monkeypatch):
    """A channel message of Google Drive's, whose files are read every ten minutes, through the consumer as it ships."""
    aws("s3").create_bucket(Bucket="sophia-lake")
    url = aws("sqs").create_queue(QueueName="sophia-pulls")["QueueUrl"]
    told = {"PUBLIC_BASE_URL": "x", "LAKE_BUCKET": "sophia-lake", "STATE_TABLE": "sophia-state"}
    told |= dict.fromkeys(("INGEST_QUEUE_URL", "PULLS_QUEUE_URL", "BACKGROUND_QUEUE_URL"), url)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    caches = settings, landing.services
    for cached in caches:
        cached.cache_clear()
    Connections(table, aws("secretsmanager"), "sophia").connect(Connection("google_drive", "default", "", {}))
    read_at = datetime.now(UTC) - timedelta(minutes=3)
    for stream in ("file", "file_text"):
        lease = Cursors(table, lambda: read_at).acquire("google_drive", "default", stream, owner="an earlier run")
        lease.finish(next_at=read_at + timedelta(minutes=10))
    lane = puller(settings(), aws)
    assert lane.tick(datetime.now(UTC)) == 0

    came = envelope("1", "notification", received_at=datetime.now(UTC) - timedelta(seconds=20))
    hint = msgspec.structs.replace(came, source="google_drive", operation="event")
    landed = landing.handle(sqs_event({"1": message(hint)}), None, *landing.services())
    for cached in caches:
        cached.cache_clear()

    assert landed == {"batchItemFailures": []}
    assert lane.tick(datetime.now(UTC)) == 1
    (ordered,) = aws("sqs").receive_message(QueueUrl=url)["Messages"]
    assert json.loads(ordered["Body"]) == {"source": "google_drive", "connection_id": "default", "stream": "file"}
