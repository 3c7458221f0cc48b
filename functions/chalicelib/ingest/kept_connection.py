"""HTTP/1.1 requests over one connection that is kept: as little of it as AWS's own services need.

http.client would do, at 25 ms of a cold start, two writes a request and a parser of e-mail headers for each answer.
"""

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext

MOST_BYTES = 2_000_000
"""No answer the receiver asks for is near this; what is larger is not what we asked."""


class ProtocolError(Exception):
    """An answer that is no HTTP/1.1 we can read."""


class KeptConnection:
    """Opened by the first request. Not for two threads at once."""

    def __init__(self, host: str, is_tls: bool, timeout_s: float) -> None:
        name, _, port = host.partition(":")
        self._address = (name, int(port) if port else 443 if is_tls else 80)
        self._is_tls = is_tls
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._tls: SSLContext | None = None

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """The answer's status and body. Raises OSError or ProtocolError, and the connection is closed."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n"
        try:
            connected = self._socket or self._connect()
            connected.sendall(head.encode("latin-1") + body)
            return self._answer(connected)
        except (OSError, ProtocolError):
            self.close()
            raise

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def _connect(self) -> socket.socket:
        connected = socket.create_connection(self._address, self._timeout_s)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._is_tls:
            connected = self._trust().wrap_socket(connected, server_hostname=self._address[0])
        self._socket = connected
        return connected

    def _trust(self) -> "SSLContext":
        """Whom the system trusts, read once: it takes 20 ms, and connections are dropped when idle."""
        if self._tls is None:
            import ssl  # noqa: PLC0415  locally there is none

            self._tls = ssl.create_default_context()
        return self._tls

    def _answer(self, connected: socket.socket) -> tuple[int, bytes]:
        held = b""
        while (end := held.find(b"\r\n\r\n")) < 0:
            held += _more(connected, held)
        status, headers = _head(held[:end])
        if "content-length" not in headers or not headers["content-length"].isdigit():
            raise ProtocolError("an answer without a content-length")
        length, body = int(headers["content-length"]), held[end + 4 :]
        if length > MOST_BYTES:
            raise ProtocolError(f"an answer of {length} bytes")
        while len(body) < length:
            body += _more(connected, body)
        if len(body) > length:
            raise ProtocolError("more bytes than the answer announced")
        if headers.get("connection", "").lower() == "close":
            self.close()
        return status, body


def _head(text: bytes) -> tuple[int, dict[str, str]]:
    first, *rest = text.decode("latin-1").split("\r\n")
    version, _, status = first.partition(" ")
    if version != "HTTP/1.1" or not status[:3].isdigit():
        raise ProtocolError(f"an answer that begins {first[:40]!r}")
    pairs = (line.partition(":") for line in rest)
    return int(status[:3]), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _more(connected: socket.socket, held: bytes) -> bytes:
    data = connected.recv(65536)
    if not data:
        raise ProtocolError("the connection was closed" if held else "the connection was closed before an answer")
    if len(held) > MOST_BYTES:
        raise ProtocolError(f"an answer of more than {MOST_BYTES} bytes")
    return data
