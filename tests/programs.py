"""Programs that tests need beyond Python, and how they come onto the machine.

`python -m tests.programs` installs what is missing when it is root on Debian; otherwise it says
what will be skipped. Tests ask `tests.support.needs`.
"""

import os
import shutil
import subprocess
import sys

PACKAGES = {
    "faketime": "faketime",
    "chromium": "chromium",
    "tcpreplay": "tcpreplay",
    "tcpdump": "tcpdump",
    "caddy": "caddy",
    "dnsmasq": "dnsmasq-base",
    "icecast2": "icecast2",
    "ffmpeg": "ffmpeg",
    "aria2c": "aria2",
    "ip": "iproute2",
    "tc": "iproute2",
    "ethtool": "ethtool",
    "curl": "curl",
    "openssl": "openssl",
    "softflowd": "softflowd",
    "nfpcapd": "nfdump",
    "strace": "strace",
    "mkfs.ext4": "e2fsprogs",
    "nft": "nftables",
    "conntrack": "conntrack",
    "sysctl": "procps",
    "unbound": "unbound",
    "unbound-control": "unbound",
    "squid": "squid",
    "ndpiReader": "libndpi-bin",
    "argus": "argus-server",
    "soffice": "libreoffice-calc-nogui",
    "slowhttptest": "slowhttptest",
    "wrk": "wrk",
    "pdftoppm": "poppler-utils",
}
"""Program → Debian package."""

_SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def find(program: str) -> str | None:
    """Return the path of a program; daemons live outside an ordinary user's PATH."""
    return shutil.which(program, path=_SYSTEM_PATH)


def missing(packages: dict[str, str] = PACKAGES) -> dict[str, str]:
    """Return the programs that are not there, with their packages."""
    return {program: package for program, package in packages.items() if find(program) is None}


def install(packages: dict[str, str] = PACKAGES) -> dict[str, str]:
    """Install what is missing when root; return what is missing after that."""
    wanted = missing(packages)
    if wanted and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing for the tests: " + " ".join(sorted(set(wanted.values()))), flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "-qq", "update"],
            ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *wanted.values()],
        ):
            subprocess.run(command, env=quiet, check=False, stdout=subprocess.DEVNULL)
    return missing(packages)


def main() -> None:
    left = install()
    if left:
        names = ", ".join(sorted(left))
        print(f"Not installed (needs root): {names}. The tests that use them are skipped.")


if __name__ == "__main__":
    sys.exit(main())
