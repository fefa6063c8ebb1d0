"""Real programs as clients: Chromium and curl, inside the school's namespace."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.programs import find
from tests.support.internet import Certificates
from tests.support.netns import Namespace
from tests.support.processes import environment

BROWSE_S = 60.0
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-default-apps", "--disable-domain-reliability", "--no-pings"),
    "--disable-features=OptimizationHints,MediaRouter,NetworkTimeServiceQuerying",
)
"""Chromium as root, without calls home."""


def browse(
    where: Namespace,
    url: str,
    certificates: Certificates,
    *,
    work: Path,
    quic_for: Sequence[str] = (),
) -> str:
    """Open a page in a new Chromium until its load event; returns the document that resulted.

    Args:
        where: namespace.
        url: the page.
        certificates: whose key is accepted.
        work: directory for a new profile.
        quic_for: names that are reached over HTTP/3 only; QUIC stays off when there are none.
    """
    chromium = find("chromium")
    assert chromium, "chromium is missing"
    profile = work / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    profile.mkdir()
    forced = ",".join(f"{name}:443" for name in quic_for)
    quic = (
        ("--enable-quic", f"--origin-to-force-quic-on={forced}") if forced else ("--disable-quic",)
    )
    command = where.within(
        *(chromium, *QUIET, *quic, f"--user-data-dir={profile}", "--timeout=40000"),
        *(f"--ignore-certificate-errors-spki-list={certificates.spki}", "--dump-dom", url),
    )
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=BROWSE_S,
        env=environment(profile),
        cwd=profile,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def curl(where: Namespace, *options: str, certificates: Certificates | None = None) -> None:
    """Fetch with curl, throwing the content away; it must succeed."""
    trust = ("--cacert", str(certificates.authority)) if certificates else ()
    thrown = ("-o", "/dev/null") * sum("://" in option for option in options)
    where.call("curl", "-q", "-sS", "--fail", "--max-time", "20", *trust, *thrown, *options)
