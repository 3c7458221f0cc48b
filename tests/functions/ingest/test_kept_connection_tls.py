"""The same connection over TLS: whom it trusts, and that nothing is sent to anybody else."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.errors import AwsCallFailed
from chalicelib.ingest.aws_client import SQS, AwsClient
from chalicelib.ingest.kept_connection import KeptConnection
from chalicelib.settings import AwsAccess

DAY = timedelta(days=1)
HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


class Authority:
    """Issues certificates; `pem` is what those who trust it hold."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.pem = folder / f"{name}.pem"
        self.pem.write_bytes(_pem(self._certificate(self._name, self._key, x509.BasicConstraints(True, None), DAY)))

    def issue(self, to: x509.GeneralName = HERE, valid_for: timedelta = DAY) -> Path:
        """A server's certificate and key, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = self._certificate(name, key, x509.SubjectAlternativeName([to]), valid_for)
        path = self._folder / "server.pem"
        path.write_bytes(_pem(certificate) + _key_pem(key))
        return path

    def _certificate(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        extension: x509.ExtensionType,
        valid_for: timedelta,
    ) -> x509.Certificate:
        now = datetime.now(UTC)  # OpenSSL judges by the machine's clock
        builder = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - 2 * DAY).not_valid_after(now + valid_for)
        return builder.add_extension(extension, critical=True).sign(self._key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    kind = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())


class TlsServer:
    """Answers every request `{}`; `requests` counts what it could read, `connections` who came."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.requests = self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listening.accept()
                self.connections += 1
                with self._context.wrap_socket(accepted, server_side=True) as connected:
                    while connected.recv(65536):
                        self.requests += 1
                        connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            except OSError:  # a client that did not trust us, or the end of the test
                if self._listening.fileno() < 0:
                    return

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this machine trusts, as it trusts what signs AWS's endpoints."""
    trusted = Authority(tmp_path, "trusted")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.pem))
    return trusted


@pytest.fixture
def server(authority: Authority) -> Iterator[TlsServer]:
    started = TlsServer(authority.issue())
    yield started
    started.stop()


def call(server: TlsServer) -> dict[str, object]:
    access = AwsAccess("us-east-1", "AKIDEXAMPLE", "secret", None, {"sqs": f"https://{server.host}"})
    return AwsClient(SQS, access).call("SendMessage", {"MessageBody": "x"})


def test_calls_a_server_that_it_trusts(server: TlsServer):
    assert call(server) == {}
    assert server.requests == 1


def test_keeps_its_connection_and_opens_another_when_that_is_closed(server: TlsServer):
    connection = KeptConnection(server.host, True, 2)
    for _ in range(3):
        assert connection.post("/", {"host": server.host}, b"x") == (200, b"{}")
    assert server.connections == 1

    connection.close()
    assert connection.post("/", {"host": server.host}, b"x") == (200, b"{}")
    assert server.connections == 2
    connection.close()


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda trusted, folder: Authority(folder, "stranger").issue(), id="signed by a stranger"),
        pytest.param(lambda trusted, folder: trusted.issue(x509.DNSName("sqs.example")), id="another's name"),
        pytest.param(lambda trusted, folder: trusted.issue(valid_for=-DAY), id="expired"),
    ],
)
def test_tells_nothing_to_a_server_that_it_does_not_trust(authority: Authority, tmp_path: Path, forge):
    server = TlsServer(forge(authority, tmp_path))

    with pytest.raises(AwsCallFailed, match="CERTIFICATE_VERIFY_FAILED") as failure:
        call(server)

    assert failure.value.code == "unreachable"
    assert server.requests == 0
    server.stop()


def test_waits_no_longer_for_a_handshake_than_it_was_told(authority: Authority):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection = KeptConnection(f"127.0.0.1:{silent.getsockname()[1]}", True, 0.1)

        with pytest.raises(TimeoutError):
            connection.post("/", {"host": "x"}, b"")
