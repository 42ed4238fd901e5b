"""Loopback ports: which are free, and who holds the others; used before any broker starts.

Kafka itself reports a taken port deep in its log, seconds later, so every port is tried here first.
"""

import errno
import random
import socket
import time
from collections.abc import Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
LOWEST_CHOSEN = 10240
LISTENING = "0A"
TRIES = 200
POLL_SECONDS = 0.1


def choose_free_ports(count: int, taken: Sequence[int] = ()) -> tuple[int, ...]:
    """`count` different free ports, none of them in `taken`.

    They lie below the kernel's range for outgoing connections: a client that dials a killed broker's port out of that
    range may be given the very same port, connect to itself, and so keep the broker from coming back.
    """
    highest = _first_outgoing_port() - 1
    choice = random.SystemRandom()
    chosen: list[int] = []
    for _ in range(TRIES):
        if len(chosen) == count:
            break
        port = choice.randint(LOWEST_CHOSEN, max(highest, LOWEST_CHOSEN + 10_000))
        if port not in chosen and port not in taken and is_free(port):
            chosen.append(port)
    return tuple(chosen)


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of 127.0.0.1 now."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def taken_ports(ports: Sequence[int], limit: float) -> list[int]:
    """Those of `ports` still taken after at most `limit` seconds; a broker that is just dying frees its own."""
    deadline = time.monotonic() + limit
    while True:
        taken = [port for port in ports if not is_free(port)]
        if not taken or time.monotonic() >= deadline:
            return taken
        time.sleep(POLL_SECONDS)


def port_holder(port: int) -> str:
    """Who listens on `port`, as far as this user may see: 'process 4711 (java)' or 'another process'."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in inodes for link in (process / "fd").iterdir()):
                return f"process {process.name} ({(process / 'comm').read_text().strip()})"
        except OSError:
            continue
    return "another process"


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = [line.split() for line in Path(table).read_text(encoding="ascii").splitlines()[1:]]
        except OSError:
            continue
        found |= {row[9] for row in rows if row[3] == LISTENING and int(row[1].rsplit(":", 1)[1], 16) == port}
    return found


def _first_outgoing_port() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except OSError:
        return 32768
