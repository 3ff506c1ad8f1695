"""The address that the web server listens on, taken before anything slow begins."""

import errno
import socket

import psutil

from common.listening import BACKLOG
from local.errors import LocalError


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises LocalError that names the port, its owner if known, and a free one."""
    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except socket.gaierror:
        raise LocalError(f"There is no address {host!r}. Use --host 127.0.0.1 or --host 0.0.0.0.") from None
    except OverflowError:
        raise LocalError(f"{port} is no port: ports go from 1 to 65535.") from None
    except OSError as error:
        raise LocalError(_why(error, host, port)) from None


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is already in use{_owner(port)}. Stop that program, or choose another port: "
            f"python3 manage.py up --port {_free_port(host, port)}"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than you have. Choose one above 1023, for example --port 8000."
    return f"Cannot listen on {host} port {port}: {error.strerror}. Use --host 127.0.0.1 or --host 0.0.0.0."


def _owner(port: int) -> str:
    """Who has it; only known for one's own programs, or as root."""
    try:
        connections = psutil.net_connections(kind="inet")
        pid = next(
            (c.pid for c in connections if c.laddr and c.laddr.port == port and c.status == "LISTEN"), None
        )
        return f" by {psutil.Process(pid).name()} (process {pid})" if pid else ""
    except psutil.Error:
        return ""


def _free_port(host: str, after: int) -> int:
    for port in range(after + 1, min(after + 50, 65535)):
        with socket.socket() as probe:
            if probe.connect_ex((host or "127.0.0.1", port)) != 0:
                return port
    return 0
