"""What a connection makes of servers that answer oddly, or not at all."""

import socket
import threading

import pytest

from chalicelib.ingest.kept_connection import KeptConnection, ProtocolError


def serve(*pieces: bytes) -> KeptConnection:
    """A connection to a server that answers one request with these pieces and hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]

    def answer() -> None:
        with listening, listening.accept()[0] as accepted:
            accepted.recv(65536)
            for piece in pieces:
                accepted.sendall(piece)

    threading.Thread(target=answer, daemon=True).start()
    return KeptConnection(f"127.0.0.1:{port}", False, 0.5)


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",),
        (b"HTTP/1.1 200", b" OK\r\nConnection: close\r\ncontent-length:5\r\n", b"\r\nhe", b"llo"),
    ],
)
def test_reads_an_answer_in_however_many_pieces_it_comes(pieces):
    assert serve(*pieces).post("/", {"host": "x"}, b"") == (200, b"hello")


@pytest.mark.parametrize(
    "piece",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"<html>\r\n\r\n",
        b"\xff" * 100,
    ],
)
def test_calls_what_it_cannot_read_by_its_name(piece):
    connection = serve(piece)

    with pytest.raises((ProtocolError, OSError)):
        connection.post("/", {"host": "x"}, b"")


def test_waits_no_longer_than_it_was_told():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection = KeptConnection(f"127.0.0.1:{silent.getsockname()[1]}", False, 0.1)

        with pytest.raises(TimeoutError):
            connection.post("/", {"host": "x"}, b"")
