"""Options of the commands whose sources have no names: logs that name their flows."""

import secrets
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from collector.logs.reader import LogReader

DnsLogs = Annotated[
    list[Path] | None,
    typer.Option(help="Log of dnsmasq or unbound that names flows; repeat it."),
]
ProxyLogs = Annotated[
    list[Path] | None,
    typer.Option(help="Log of squid or e2guardian that names flows; repeat it."),
]
ProxyAddresses = Annotated[
    list[str] | None,
    typer.Option(help="Address from which that proxy talks to servers; repeat it."),
]
Lists = Annotated[Path | None, typer.Option(help="Lists file made by `jauge lists update`.")]
LOGS_MAX = 16
"""More name servers and proxies than any school has."""


def logs_or_refusal(
    dns_logs: list[Path] | None,
    proxy_logs: list[Path] | None,
    proxy_addresses: list[str] | None,
    lists: Path | None,
    school: Path | None = None,
) -> "LogReader | None":
    """Return the opened logs, or None when none is given.

    Raises:
        Refusal: one cannot be followed, or an option makes no sense alone.
    """
    if not dns_logs and not proxy_logs:
        if proxy_addresses or lists is not None:
            alone = "--proxy-address" if proxy_addresses else "--lists"
            raise Refusal(
                f"{alone} needs --dns-log or --proxy-log: nothing else brings names", Exit.USAGE
            )
        return None
    if len(dns_logs or []) + len(proxy_logs or []) > LOGS_MAX:
        raise Refusal(f"--dns-log, --proxy-log: at most {LOGS_MAX} files", Exit.USAGE)
    from cli.collect import category_of_lists
    from cli.declared import declared_for_collector
    from collector.logs.follow import CannotFollow
    from collector.logs.reader import LogReader
    from collector.reduce import make_reducer

    declared = declared_for_collector(school)
    reader = LogReader(
        make_reducer(declared.catalogue.site_of, category_of_lists(lists)),
        key=secrets.token_bytes(32),
        timezone=declared.timezone,
        proxies=tuple(_proxy(text) for text in proxy_addresses or []),
    )
    for path in dns_logs or []:
        reader.follow_dns(path)
    for path in proxy_logs or []:
        reader.follow_proxy(path)
    for log in reader.logs:
        try:
            log.follower.open()
        except CannotFollow as error:
            raise Refusal(f"{log.follower.path}: {error}; name a log file", Exit.DATA) from None
    return reader


def _proxy(text: str) -> tuple[int, int]:
    try:
        address = ip_address(text)
    except ValueError:
        raise Refusal(f"--proxy-address {text}: write one address, no name", Exit.USAGE) from None
    return address.version, int(address)
