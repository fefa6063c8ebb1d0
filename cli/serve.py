"""`jauge serve`: the pages and the API over a public directory, on loopback by default."""

import contextlib
import errno
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from cli.exits import Exit, Refusal

PORTS_TRIED = 20
"""How many ports after the asked one are tried when it is busy."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    public: Annotated[
        Path, typer.Option(help="The store's public directory (releases and documents).")
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port; the next free one if busy.")
    ] = 8000,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say the address as one JSON object.")
    ] = False,
) -> None:
    """Serve the pages and the API until interrupted.

    Example: jauge serve --public store/public --port 8000
    """

    def say(address: str) -> None:
        taken = int(address.rsplit(":", 1)[1].rstrip("/"))
        if as_json:
            typer.echo(json.dumps({"address": address, "asked_port": port, "port": taken}))
            return
        if taken != port:
            typer.echo(f"Port {port} is busy: using {taken}.")
        typer.echo(f"Jauge is at {address} (Ctrl-C stops it).")

    run_server(public, host, port, say)


def run_server(public: Path, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; call `on_ready` with the address once it accepts.

    Args:
        public: directory that the analyzer writes; read only.
        host: address to listen on.
        port: the first port to try; the next free one is taken when it is busy.
        on_ready: told `http://host:port/`.

    Raises:
        Refusal: the directory is absent, or no port can be had.
    """
    import uvicorn

    from api.app import create_app
    from privacy.published import Published

    if not public.is_dir():
        raise Refusal(
            f"{public}: no such directory; `jauge release` writes it, as STORE/public",
            Exit.DATA,
        )
    listener = listen(host, port)
    taken = listener.getsockname()[1]
    # No access log and no header of the reader anywhere: an address is personal data.
    config = uvicorn.Config(
        create_app(Published(public)),
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        lifespan="off",
    )
    shown = f"[{host}]" if ":" in host else host
    with listener:
        listener.listen(128)
        on_ready(f"http://{shown}:{taken}/")
        with _stopped_by_signals():
            uvicorn.Server(config).run(sockets=[listener])


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """End well on SIGINT and SIGTERM: uvicorn closes, then raises the signal a second time."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler) if main else None
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket on the first free port from `port` on.

    Raises:
        Refusal: the address is not this machine's, forbidden, or every tried port is busy.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
        except OSError as error:
            listener.close()
            _refuse_unless_busy(error, host, candidate)
            continue
        return listener
    raise Refusal(
        f"ports {port} to {port + PORTS_TRIED - 1} are all busy; choose another with --port",
        Exit.DATA,
    )


def _refuse_unless_busy(error: OSError, host: str, port: int) -> None:
    if error.errno == errno.EADDRINUSE:
        return
    if error.errno in {errno.EACCES, errno.EPERM}:
        raise Refusal(
            f"port {port}: not permitted; ports under 1024 need a privilege, choose --port 8000",
            Exit.PERMISSION,
        ) from error
    raise Refusal(
        f"{host}: not an address of this machine; try --host 127.0.0.1", Exit.USAGE
    ) from error
