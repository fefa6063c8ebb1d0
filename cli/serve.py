"""`jauge serve`: the pages and the API over a public directory, on loopback by default."""

import contextlib
import errno
import gc
import ipaddress
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.accounts import accounts_beside, open_login
from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from api.accounts.login import Login

HttpsOption = Annotated[
    bool, typer.Option("--https", help="Readers come over TLS, through a reverse proxy.")
]
ProxyOption = Annotated[
    bool, typer.Option("--proxy-headers", help="Believe X-Forwarded-* from loopback.")
]
PORTS_TRIED = 20
"""How many ports after the asked one are tried when it is busy."""
DEMO_ACCOUNTS = {"committee": "comite", "dpo": "dpd"}
"""Role → account that `--demo` opens by a one-time link."""
NAMES = {"committee": "Vue du comité (committee)", "dpo": "Vue du DPD (DPO)"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


@dataclass(frozen=True, slots=True)
class Service:
    """How the pages are served."""

    public: Path
    host: str = "127.0.0.1"
    port: int = 8000
    accounts: Path | None = None
    """None: no login is asked."""
    https: bool = False
    proxy: bool = False
    metrics_port: int | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """What is said once the server accepts."""

    address: str
    port: int
    setup_code: str | None
    links: dict[str, str]


def serve(
    public: Annotated[
        Path, typer.Option(help="The store's public directory (releases and documents).")
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port; the next free one if busy.")
    ] = 8000,
    accounts: Annotated[
        Path | None,
        typer.Option(
            help="File of accounts, made if absent; beside PUBLIC, as web/, if not given."
        ),
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Also answer /metrics, on loopback, on this port."),
    ] = None,
    *,
    https: HttpsOption = False,
    proxy_headers: ProxyOption = False,
    is_open: Annotated[
        bool, typer.Option("--open", help="Ask for no login; on loopback only.")
    ] = False,
    demo: Annotated[bool, typer.Option("--demo", hidden=True)] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say the address as one JSON object.")
    ] = False,
) -> None:
    """Serve the pages and the API until interrupted.

    On the first start it prints a code with which the first account is made; see `jauge accounts`.

    Example: jauge serve --public store/public --port 8000
    """
    if is_open and not is_loopback(host):
        raise Refusal(
            f"--open with --host {host}: everybody on the network could read the pages; "
            "leave --open out, or serve on 127.0.0.1",
            Exit.USAGE,
        )
    service = Service(
        public, host, port,
        accounts=None if is_open else accounts or accounts_beside(public),
        https=https, proxy=proxy_headers, metrics_port=metrics_port, demo=demo,
    )  # fmt: skip
    run_server(service, lambda ready: say_ready(ready, port, as_json=as_json))


def is_loopback(host: str) -> bool:
    """Say whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def say_ready(ready: Ready, asked_port: int, *, as_json: bool) -> None:
    """Say where the pages are and what opens them, to a person or as one JSON object."""
    if as_json:
        said: dict[str, Any] = {"address": ready.address, "asked_port": asked_port}
        said |= {"port": ready.port, "setup_code": ready.setup_code, "links": ready.links}
        typer.echo(json.dumps(said))
        return
    if ready.port != asked_port:
        typer.echo(f"Port {asked_port} is busy: using {ready.port}.")
    typer.echo(f"Jauge is at {ready.address} (Ctrl-C stops it).")
    if ready.setup_code:
        typer.echo(
            f"Premier compte (first account): {ready.address}installation\n"
            f"  code à usage unique (one-time code, 24 h): {ready.setup_code}"
        )
    for role, link in ready.links.items():
        typer.echo(f"{NAMES[role]}: {link}")
    if ready.links:
        typer.echo("Chaque lien sert une fois, dans le quart d'heure (each works once, 15 min).")


def run_server(
    service: Service,
    on_ready: Callable[[Ready], None],
    make: "Callable[[Service, Login | None], Any] | None" = None,
) -> None:
    """Serve until SIGINT or SIGTERM; call `on_ready` once it accepts.

    Args:
        service: what to serve and where; the next free port is taken when the asked one is busy.
        on_ready: told the address, and what opens the door the first time.
        make: makes the application; a school's pages without it.

    Raises:
        Refusal: the directory is absent, no port can be had, or the accounts cannot be opened.
    """
    if not service.public.is_dir():
        raise Refusal(
            f"{service.public}: no such directory; `jauge release` writes it, as STORE/public",
            Exit.DATA,
        )
    if service.port == service.metrics_port:
        raise Refusal(
            f"--metrics-port {service.metrics_port}: is the port of the pages, too; choose another one",
            Exit.USAGE,
        )
    listeners = [listen(service.host, service.port)]
    if service.metrics_port:
        listeners.append(listen("127.0.0.1", service.metrics_port, tried=1))
    login = open_login(service.accounts) if service.accounts else None
    taken = listeners[0].getsockname()[1]
    shown = f"[{service.host}]" if ":" in service.host else service.host
    with contextlib.ExitStack() as stack:
        for listener in listeners:
            stack.enter_context(listener)
            listener.listen(1024)
        if login:
            stack.callback(login.close)
        server = _server(service, (make or _school_app)(service, login))
        on_ready(_ready(f"http://{shown}:{taken}/", taken, login, demo=service.demo))
        with _stopped_by_signals():
            server.run(sockets=listeners)


def _school_app(service: Service, login: "Login | None") -> Any:
    from api.app import create_app
    from privacy.published import Published

    return create_app(
        Published(service.public),
        login,
        https=service.https,
        metrics_port=service.metrics_port,
        store=service.public.resolve().parent,
    )


def _server(service: Service, app: Any) -> Any:
    """Return a server that keeps no log of requests: an address is personal data."""
    import uvicorn

    from api.patience import PatientProtocol

    # What the modules hold stays for good: a collection that walks through it stops every reader
    # for a tenth of a second and finds nothing.
    gc.collect()
    gc.freeze()
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=PatientProtocol,
            ws="none",
            access_log=False,
            log_level="error",
            server_header=False,
            date_header=True,
            proxy_headers=service.proxy,
            forwarded_allow_ips="127.0.0.1,::1",
            lifespan="off",
        )
    )


def _ready(address: str, port: int, login: "Login | None", *, demo: bool) -> Ready:
    from api.accounts.accounts import LINK_S, SETUP_S

    if login is None:
        return Ready(address, port, None, {})
    accounts = login.accounts
    links = {}
    for role, name in DEMO_ACCOUNTS.items() if demo else ():
        account = accounts.named(name) or accounts.add(name, role)
        links[role] = f"{address}entree?code={accounts.make_code('link', account, LINK_S)}"
    code = None if accounts.everybody() else accounts.make_code("setup", None, SETUP_S)
    return Ready(address, port, code, links)


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


def listen(host: str, port: int, *, tried: int = PORTS_TRIED) -> socket.socket:
    """Return a bound socket on the first free port from `port` on.

    Raises:
        Refusal: the address is not this machine's, forbidden, or every tried port is busy.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + tried, 65536)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by what is accepted: head and body of an answer are two writes, and a delayed
        # acknowledgement between them is 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind((host, candidate))
        except OSError as error:
            listener.close()
            _refuse_unless_busy(error, host, candidate)
            continue
        return listener
    busy = (
        f"ports {port} to {port + tried - 1} are all busy" if tried > 1 else f"port {port} is busy"
    )
    raise Refusal(f"{busy}; choose another", Exit.DATA)


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
