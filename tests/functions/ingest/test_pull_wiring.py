"""The pull lane on real clients: DynamoDB, SQS, S3 and Secrets Manager as moto plays them."""

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from pull_fakes import vendor

from chalicelib.ingest.connections import Connections
from chalicelib.ingest.pull import puller
from chalicelib.ingest.source import Connection
from chalicelib.settings import Settings


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
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api/"
    server.shutdown()
    server.server_close()


def test_a_tick_orders_a_pull_whose_records_land_in_the_lake(table, vendor_url):
    queue, lake = boto3.client("sqs"), boto3.client("s3")
    lake.create_bucket(Bucket="sophia-lake")
    url = queue.create_queue(QueueName="sophia-pulls")["QueueUrl"]
    where = Settings("https://hooks.payready.example", "", url, "", "sophia-lake", "sophia-state", "sophia", 1, 1)
    Connections(table, boto3.client("secretsmanager"), "sophia").connect(
        Connection("vendor", "default", vendor_url, {"token": "t"})
    )
    lane = puller(where, boto3.client, find={"vendor": vendor()}.get)

    assert lane.tick(datetime.now(UTC)) == 1
    (message,) = queue.receive_message(QueueUrl=url)["Messages"]
    assert lane.run(message["Body"], lambda: 300_000).ended == "finished"

    (listed,) = lake.list_objects_v2(Bucket="sophia-lake")["Contents"]
    assert listed["Key"].startswith("events/vendor/thing/")
    line = json.loads(gzip.decompress(lake.get_object(Bucket="sophia-lake", Key=listed["Key"])["Body"].read()))
    assert (line["entity_id"], line["lane"], line["payload"]) == ("1", "pull", {"id": 1})
    assert lane.tick(datetime.now(UTC)) == 0
