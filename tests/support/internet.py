"""An invented Internet: names, addresses, certificates, caddy for the sites, dnsmasq for the names.

Names stand under example.com, example.net and example.org (RFC 2606), addresses in 198.51.100.0/24
(RFC 5737) and 2001:db8::/32 (RFC 3849). All of it lives on the loopback of one namespace.
"""

import base64
import hashlib
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support.netns import GATEWAY_V4, Namespace, Wire, use_resolver
from tests.support.processes import running, wait_until

PORTS = (80, 443, 8443)
VALID = timedelta(days=30)
"""Browsers refuse certificates of more than 398 days."""


@dataclass(frozen=True, slots=True)
class Site:
    """One invented site."""

    name: str
    v4: str
    v6: str


@dataclass(frozen=True, slots=True)
class Certificates:
    """A local authority and one certificate per site, all sites with the same key."""

    directory: Path
    authority: Path
    spki: str
    """Base64 of the SHA-256 of the sites' public key, as Chromium's list wants it."""

    def of(self, name: str) -> tuple[Path, Path]:
        """Return (certificate, key) of a site."""
        return self.directory / f"{name}.pem", self.directory / "site.key"


def sites(*names: str) -> tuple[Site, ...]:
    """Give each name an address of each family."""
    return tuple(
        Site(n, f"198.51.100.{10 + i}", f"2001:db8::{10 + i}") for i, n in enumerate(names)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def make_certificates(directory: Path, names: Sequence[str], now: datetime) -> Certificates:
    """Write an authority and a certificate for each name."""
    directory.mkdir(parents=True)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def builder(subject: str, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name("Jauge test authority"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + VALID)
        )

    authority = (
        builder("Jauge test authority", authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    (directory / "authority.pem").write_bytes(_pem(authority))
    for name in names:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        certificate = (
            builder(name[:64], key.public_key())
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        (directory / f"{name}.pem").write_bytes(_pem(certificate))
    plain = serialization.NoEncryption()
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (directory / "site.key").write_bytes(key.private_bytes(encoding, form, plain))
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    spki = base64.b64encode(hashlib.sha256(public).digest()).decode()
    return Certificates(directory, directory / "authority.pem", spki)


def caddyfile(places: Sequence[Site], certificates: Certificates, root: Path) -> str:
    """HTTPS (1.1, 2 and 3) on 443 and 8443 and plain HTTP on 80 for each site; files from `root`."""
    blocks = [
        f"{{\n default_sni {places[0].name}\n admin off\n auto_https off\n grace_period 1s\n"
        " servers {\n  protocols h1 h2 h3\n }\n}\n"
    ]
    for place in places:
        certificate, key = certificates.of(place.name)
        # bound to its addresses: caddy would answer QUIC from another one
        serve = f" bind {place.v4} [{place.v6}]\n root * {root}\n file_server\n"
        proxy = " reverse_proxy /direct.ogg 127.0.0.1:8000\n"
        blocks += [
            f"https://{place.name}:443, https://{place.name}:8443 {{\n tls {certificate} {key}\n"
            f"{proxy}{serve}}}\n",
            f"http://{place.name}:80 {{\n{serve}}}\n",
        ]
    return "".join(blocks)


def _listens(where: Namespace, port: int) -> bool:
    shown = subprocess.run(
        where.within("ss", "-Hlntu", f"sport = :{port}"), capture_output=True, check=False
    )
    return bool(shown.stdout.strip())


@contextmanager
def caddy(
    where: Namespace, places: Sequence[Site], certificates: Certificates, *, root: Path, work: Path
) -> Iterator[None]:
    """Serve the sites as long as the block lasts."""
    home = work / "caddy"
    home.mkdir()
    (home / "Caddyfile").write_text(caddyfile(places, certificates, root))
    command = where.within("caddy", "run", "--config", str(home / "Caddyfile"))
    with running(command, log=home / "log", home=home) as process:
        wait_until(
            lambda: process.poll() is not None or all(_listens(where, p) for p in PORTS),
            "caddy to listen",
        )
        assert process.poll() is None, (home / "log").read_text()[-2000:]
        yield


@contextmanager
def dnsmasq(
    where: Namespace, places: Sequence[Site], *, work: Path, aliases: dict[str, str] | None = None
) -> Iterator[None]:
    """Answer for the invented names; anything else does not exist."""
    home = work / "dnsmasq"
    home.mkdir()
    options = [f"--host-record={p.name},{p.v4},{p.v6}" for p in places]
    options += [f"--cname={alias},{name}" for alias, name in (aliases or {}).items()]
    command = where.within(
        *("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts"),
        *(f"--listen-address={GATEWAY_V4}", "--bind-interfaces", "--local=/#/", "--local-ttl=300"),
        *("--user=root", "--pid-file", *options),
    )
    with running(command, log=home / "log", home=home):
        wait_until(lambda: _listens(where, 53), "dnsmasq to listen")
        yield


@contextmanager
def internet(
    both: Wire,
    places: Sequence[Site],
    *,
    root: Path,
    work: Path,
    aliases: dict[str, str] | None = None,
) -> Iterator[Certificates]:
    """The whole invented Internet behind the gateway, and the school's resolver set to it."""
    now = datetime.now(UTC)
    certificates = make_certificates(work / "certificates", [p.name for p in places], now)
    for place in places:
        both.gateway.add_address("lo", f"{place.v4}/32")
        both.gateway.add_address("lo", f"{place.v6}/128")
    use_resolver(both.school, GATEWAY_V4)
    with ExitStack() as stack:
        stack.enter_context(dnsmasq(both.gateway, places, work=work, aliases=aliases))
        stack.enter_context(caddy(both.gateway, places, certificates, root=root, work=work))
        yield certificates
