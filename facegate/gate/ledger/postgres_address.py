"""The address of a PostgreSQL server: ``postgresql://USER:PASSWORD@HOST:PORT/DATABASE``.

- ``?host=/run/postgresql`` names the folder of a socket on this machine, as libpq has it.
- Beyond this machine the connection is TLS, and the server's certificate must be of its name:
  ``?sslrootcert=FILE`` says whose signature is believed, else the system's list. ``?sslmode=disable`` turns
  TLS off; no weaker mode is offered, since one that does not look at the certificate stops no impostor.
- Letters that mean something in an address are written ``%40`` for ``@``, and so on.

No message repeats the address: it holds a password.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from facegate.errors import InputError

SCHEMES: Final = frozenset({"postgresql", "postgres", "postgresql+pg8000"})
PORT: Final = 5432
NEAR: Final = frozenset({"localhost", "127.0.0.1", "::1"})
OPTIONS: Final = frozenset({"host", "sslmode", "sslrootcert"})
TLS_ON, TLS_OFF = "verify-full", "disable"
WANTED: Final = "wanted postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and as whom to speak to it.

    Parameters
    ----------
    user, database : str
        Neither is empty.
    password : str or None
        None where the server asks for none.
    host : str
        Empty with a socket.
    port : int
        1 to 65535.
    socket : str or None
        Path of a socket on this machine.
    tls : bool
        Whether the server must show a certificate of its name.
    root_certificates : str or None
        File of the certificates that are believed; None for the system's.
    """

    user: str
    database: str
    password: str | None = field(repr=False)  # must not reach a message or a trace
    host: str
    port: int
    socket: str | None
    tls: bool
    root_certificates: str | None

    @property
    def where(self) -> str:
        """The server, for a sentence."""
        return self.socket or f"{self.host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext | None:
        """Make what checks the server's certificate; None without TLS.

        Raises
        ------
        InputError
            If the file of certificates cannot be read.
        """
        if not self.tls:
            return None
        try:
            return ssl.create_default_context(cafile=self.root_certificates)
        except OSError as error:  # ssl.SSLError is one
            msg = f"the database's sslrootcert {self.root_certificates} cannot be read: {error.strerror}"
            raise InputError(msg) from error


def parse_address(url: str) -> Address:
    """Read an address.

    Raises
    ------
    InputError
        If it is of another form, or names an option or mode that is not known.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        msg = f"the database's address cannot be read, {WANTED}"
        raise InputError(msg) from None  # the cause repeats the part it fell over: it may be of the password
    folder, host, database = options.get("host", ""), parts.hostname or "", unquote(parts.path[1:])
    _demand(parts.scheme in SCHEMES, f"the database's address is not one of PostgreSQL, {WANTED}")
    _demand(parts.username and database, f"the database's address lacks its user or its name, {WANTED}")
    _demand(
        bool(folder) != bool(host), f"the database's address names a host or the folder of a socket, {WANTED}"
    )
    unknown = options.keys() - OPTIONS
    _demand(
        not unknown,
        f"the database's address has options that are not known, wanted {', '.join(sorted(OPTIONS))}",
    )
    mode = options.get("sslmode", TLS_OFF if folder or host in NEAR else TLS_ON)
    _demand(mode in {TLS_ON, TLS_OFF}, f"sslmode of the database's address is {TLS_ON} or {TLS_OFF}")
    return Address(
        user=unquote(parts.username or ""),
        database=database,
        password=unquote(parts.password) if parts.password else None,
        host=host,
        port=port,
        socket=f"{folder}/.s.PGSQL.{port}" if folder else None,
        tls=mode == TLS_ON and not folder,
        root_certificates=options.get("sslrootcert"),
    )


def _demand(holds: object, msg: str) -> None:
    if not holds:
        raise InputError(msg)
