"""An object store on loopback that speaks as much of S3 as COPY needs: get one object, list a prefix."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class ObjectStore:
    """Objects by key, of any one bucket; `reads` says which were fetched, in order of arrival."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads: list[str] = []
        self.endpoint = ""


@contextmanager
def running_object_store() -> Iterator[ObjectStore]:
    store = ObjectStore()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            _, _, key = unquote(address.path).lstrip("/").partition("/")
            if not key:
                self._answer(200, _listing(store, parse_qs(address.query).get("prefix", [""])[0]))
                return
            store.reads.append(key)
            if key in store.objects:
                self._answer(200, store.objects[key])
            else:
                self._answer(404, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    store.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()


def _listing(store: ObjectStore, prefix: str) -> bytes:
    keys = sorted(key for key in store.objects if key.startswith(prefix))
    contents = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys)
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>".encode()
