"""The lean AWS client against botocore's signature, and against a server of the test's own that misbehaves."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.credentials
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from edge_fakes import FakeLake

from chalicelib.errors import AwsCallFailed, LakeUnavailable, QueueUnavailable
from chalicelib.ingest import secrets as secrets_module
from chalicelib.ingest.aws_client import SECRETS_MANAGER, SQS, AwsClient, Service
from chalicelib.ingest.queue import Queue
from chalicelib.ingest.secrets import Credentials, SigningSecrets
from chalicelib.ingest.sigv4 import signed_headers
from chalicelib.settings import AwsAccess

Answer = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


class AwsServer:
    """Answers every call with `answer`, after dropping as many connections as `drops` says."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.drops = 0
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.connections = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                server.calls.append((self.headers["x-amz-target"], body))
                if server.drops:
                    server.drops -= 1
                    self.close_connection = True
                    return
                status, answer = server.answer(body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def access(url: str = "", token: str | None = None) -> AwsAccess:
    endpoints = {"sqs": url, "secretsmanager": url} if url else {}
    return AwsAccess("us-east-1", "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token, endpoints)


@pytest.fixture
def server() -> Iterator[AwsServer]:
    started = AwsServer(confirmed)
    yield started
    started.stop()


def confirmed(arguments: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, {"MessageId": "m", "MD5OfMessageBody": hashlib.md5(arguments["MessageBody"].encode()).hexdigest()}


@pytest.mark.parametrize("service", [SQS, SECRETS_MANAGER], ids=lambda service: service.name)
@pytest.mark.parametrize("token", [None, "session+token/=="])
def test_signs_as_botocore_does_in_the_same_second(service: Service, token: str | None, monkeypatch):
    host, body, now = "sqs.us-east-1.amazonaws.com", '{"a":"é"}'.encode(), datetime.now(UTC)
    content_type, target = f"application/x-amz-json-{service.version}", f"{service.target}.Do"
    ours = signed_headers(access(token=token), service.name, host, "/", content_type, target, body, now)

    theirs = AWSRequest("POST", f"https://{host}/", {"content-type": content_type, "x-amz-target": target}, body)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: now.replace(tzinfo=None))
    credentials = botocore.credentials.Credentials(access().access_key_id, access().secret_access_key, token)
    SigV4Auth(credentials, service.name, "us-east-1").add_auth(theirs)

    assert ours["authorization"] == theirs.headers["Authorization"]
    assert ours.get("x-amz-security-token") == token


def test_keeps_its_connection(server: AwsServer):
    client = AwsClient(SQS, access(server.url))

    for _ in range(5):
        client.call("SendMessage", {"MessageBody": "x"})

    assert (len(server.calls), server.connections) == (5, 1)
    assert server.calls[0][0] == "AmazonSQS.SendMessage"


def test_each_thread_has_a_connection_of_its_own(server: AwsServer):
    client = AwsClient(SQS, access(server.url))
    threads = [threading.Thread(target=client.call, args=("SendMessage", {"MessageBody": "x"})) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert server.connections == 3


def test_a_dropped_connection_is_tried_once_more(server: AwsServer):
    client = AwsClient(SQS, access(server.url))
    client.call("SendMessage", {"MessageBody": "x"})
    server.drops = 1

    assert client.call("SendMessage", {"MessageBody": "y"})["MessageId"] == "m"
    server.drops = 2
    with pytest.raises(AwsCallFailed) as failure:
        client.call("SendMessage", {"MessageBody": "z"})
    assert failure.value.code == "unreachable"


@pytest.mark.parametrize(
    ("status", "answer", "code", "calls"),
    [
        (400, {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no"}, "QueueDoesNotExist", 1),
        (400, {"__type": "ThrottlingException"}, "ThrottlingException", 2),
        (503, {}, "server_error", 2),
        (403, {}, "403", 1),
    ],
)
def test_says_what_the_service_says(server: AwsServer, status, answer, code, calls):
    server.answer = lambda arguments: (status, answer)

    with pytest.raises(AwsCallFailed) as failure:
        AwsClient(SQS, access(server.url)).call("SendMessage", {"MessageBody": "x"})

    assert (failure.value.code, len(server.calls)) == (code, calls)


def test_nobody_listening_is_no_queue():
    queue = Queue(AwsClient(SQS, access("http://127.0.0.1:9")), "http://queue", 1000, FakeLake)

    with pytest.raises(QueueUnavailable):
        queue.send(b"{}\n", source="slack", day=date(2026, 11, 21))


def test_a_queue_that_confirms_other_bytes_has_not_stored_ours(server: AwsServer):
    server.answer = lambda arguments: (200, {"MD5OfMessageBody": "0" * 32})
    queue = Queue(AwsClient(SQS, access(server.url)), "http://queue", 1000, FakeLake)

    with pytest.raises(QueueUnavailable):
        queue.send(b"{}\n", source="slack", day=date(2026, 11, 21))


@pytest.mark.parametrize("lines", [b"x" * 1001, '{"a":"\ufffe"}\n'.encode()], ids=["too large", "refused by SQS"])
def test_what_sqs_cannot_take_travels_as_a_claim_check(server: AwsServer, lines: bytes):
    lake = FakeLake()
    queue = Queue(AwsClient(SQS, access(server.url)), "http://queue", 1000, lambda: lake)

    queue.send(lines, source="slack", day=date(2026, 11, 21))

    (key,) = lake.objects
    assert key.startswith("claims/slack/2026-11-21/")
    assert server.calls[0][1] == {"QueueUrl": "http://queue", "MessageBody": f'{{"claim_check":"{key}"}}'}


def test_a_claim_check_is_not_sent_before_its_object_is_there(server: AwsServer):
    queue = Queue(AwsClient(SQS, access(server.url)), "http://queue", 10, lambda: FakeLake(broken_part="claims"))

    with pytest.raises(LakeUnavailable):
        queue.send(b"x" * 11, source="slack", day=date(2026, 11, 21))
    assert server.calls == []


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def signing(server: AwsServer, clock: Clock, *secrets: str) -> SigningSecrets:
    hold(server, *secrets)
    return SigningSecrets(AwsClient(SECRETS_MANAGER, access(server.url)), "sophia", clock)


def hold(server: AwsServer, *secrets: str) -> None:
    server.answer = lambda arguments: (200, {"SecretString": json.dumps({"signing_secrets": secrets, "token": "t"})})


def test_a_secret_is_read_by_its_name_and_kept(server: AwsServer):
    clock = Clock()
    secrets = signing(server, clock, "a", "b")

    assert [secrets.active("slack", "default") for _ in range(3)] == [Credentials(("a", "b"))] * 3
    assert server.calls == [("secretsmanager.GetSecretValue", {"SecretId": "sophia/slack/default"})]
    clock.now = secrets_module.FRESH_S
    assert secrets.active("slack", "default") == Credentials(("a", "b"))
    assert len(server.calls) == 2


def test_a_rotated_secret_is_found_when_a_signature_does_not_fit_but_not_at_a_strangers_pace(server: AwsServer):
    clock = Clock()
    secrets = signing(server, clock, "old")
    tried = secrets.active("slack", "default")
    hold(server, "new", "old")

    assert secrets.renewed("slack", "default", tried) is None, "read a moment ago"
    clock.now = secrets_module.AGAIN_S
    assert secrets.renewed("slack", "default", tried) == Credentials(("new", "old"))
    assert secrets.renewed("slack", "default", tried) == Credentials(("new", "old")), (
        "another thread had tried the old one too"
    )
    assert secrets.renewed("slack", "default", Credentials(("new", "old"))) is None
    assert len(server.calls) == 2


def test_a_connection_without_a_secret_does_not_exist_and_is_soon_asked_for_again(server: AwsServer):
    clock = Clock()
    secrets = signing(server, clock)
    server.answer = lambda arguments: (400, {"__type": "ResourceNotFoundException"})
    assert secrets.active("slack", "nobody") is None
    hold(server, "s")

    assert secrets.active("slack", "nobody") is None
    clock.now = secrets_module.AGAIN_S
    assert secrets.active("slack", "nobody") == Credentials(("s",))


def test_an_old_secret_serves_for_an_hour_while_it_cannot_be_read(server: AwsServer):
    clock = Clock()
    secrets = signing(server, clock, "s")
    secrets.active("slack", "default")
    server.answer = lambda arguments: (500, {})

    clock.now = secrets_module.FRESH_S
    assert secrets.active("slack", "default") == Credentials(("s",))
    clock.now = secrets_module.USABLE_S
    with pytest.raises(AwsCallFailed):
        secrets.active("slack", "default")
