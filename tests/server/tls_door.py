"""A certificate of this machine, and a door of TLS before a PostgreSQL server that speaks none.

References
----------
PostgreSQL 18 documentation, section 54.2.11, "SSL Session Encryption": SSLRequest, answered ``S`` or ``N``.
"""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.postgres_address import Address

SSL_REQUEST = bytes.fromhex("0000000804d2162f")


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Write certificate and key of ``localhost``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "k.pem").write_bytes(secret)
    return folder / "c.pem", folder / "k.pem"


@contextmanager
def tls_door(server: Address, pem: tuple[Path, Path] | None) -> Iterator[tuple[int, list[bytes]]]:
    """Open a port before a server, for TLS alone; without a certificate it says that it speaks none.

    Yields
    ------
    tuple
        The port, and what came over the line unencrypted.
    """
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):  # closed: the end
                while True:
                    line, _ = listening.accept()
                    threading.Thread(target=_serve, args=(line, server, pem, seen), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1], seen
        listening.shutdown(socket.SHUT_RDWR)


def _serve(line: socket.socket, server: Address, pem: tuple[Path, Path] | None, seen: list[bytes]) -> None:
    with suppress(OSError), line:
        first = line.recv(8)
        seen.append(first)
        if first != SSL_REQUEST or pem is None:
            line.sendall(b"N")
            seen.append(line.recv(1000))
            return
        line.sendall(b"S")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pem)
        with context.wrap_socket(line, server_side=True) as inside, _behind(server) as behind:
            threading.Thread(target=_carry, args=(behind, inside), daemon=True).start()
            _carry(inside, behind)


def _behind(server: Address) -> socket.socket:
    if server.socket is None:
        return socket.create_connection((server.host, server.port))
    behind = socket.socket(socket.AF_UNIX)
    behind.connect(server.socket)
    return behind


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while more := source.recv(65_536):
            sink.sendall(more)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
