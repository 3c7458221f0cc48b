"""A message queue as SQS is one: in memory for tests of one turn, on loopback for tests of a process."""

import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeQueue:
    """What was received and not deleted comes back when its visibility timeout is over."""

    def __init__(self) -> None:
        self.visible: list[dict[str, str]] = []
        self.hidden: dict[str, dict[str, str]] = {}

    def send(self, body: str) -> None:
        self.visible.append({"MessageId": uuid.uuid4().hex, "ReceiptHandle": uuid.uuid4().hex, "Body": body})

    def visibility_timeout_passes(self) -> None:
        self.visible += self.hidden.values()
        self.hidden.clear()

    def receive_message(self, *, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:
        taken, self.visible = self.visible[:MaxNumberOfMessages], self.visible[MaxNumberOfMessages:]
        self.hidden |= {message["ReceiptHandle"]: message for message in taken}
        return {"Messages": taken} if taken else {}

    def delete_message_batch(self, *, Entries: Sequence[Mapping[str, str]], **_: Any) -> dict[str, Any]:
        assert len(Entries) <= 10
        for entry in Entries:
            self.hidden.pop(entry["ReceiptHandle"], None)
        return {"Successful": [], "Failed": []}

    def change_message_visibility_batch(self, *, Entries: Sequence[Mapping[str, Any]], **_: Any) -> dict[str, Any]:
        self.visible += [self.hidden.pop(entry["ReceiptHandle"]) for entry in Entries]
        return {"Successful": [], "Failed": []}

    @property
    def is_empty(self) -> bool:
        return not self.visible and not self.hidden


@contextmanager
def running_queue(queue: FakeQueue) -> Iterator[str]:
    """The endpoint at which SQS's protocol reaches the queue; a receive waits at most half a second."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            action = self.headers["X-Amz-Target"].rpartition(".")[2]
            with lock:
                answer = self._do(action, request)
            if action == "ReceiveMessage" and not answer and request.get("WaitTimeSeconds"):
                time.sleep(0.5)
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _do(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
            match action:
                case "ReceiveMessage":
                    return queue.receive_message(**request)
                case "DeleteMessageBatch":
                    return queue.delete_message_batch(**request)
                case _:
                    return queue.change_message_visibility_batch(**request)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
