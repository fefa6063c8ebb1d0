"""The documents that the package ships: what one links to is there, under a licence that is there, too."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.needs import need

ROOT = Path(__file__).resolve().parents[2]
DEB = ROOT / "deploy" / "deb"
PLACE = "/usr/share/doc/jauge/"


def documents(root: Path, directory: Path) -> subprocess.CompletedProcess[str]:
    """Do what deploy/deb/build.sh does."""
    command = [sys.executable, DEB / "documents.py", root, directory]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("doc")
    done = documents(ROOT, directory)
    assert done.returncode == 0, done.stderr
    return directory


def relative(text: str) -> list[str]:
    """Return a Markdown text's relative links, found apart from the script that is tested."""
    outside = re.sub(r"`[^`]*`", "", re.sub(r"(?s)```.*?```", "", text))
    found = [end.split(")")[0].split("#")[0] for end in outside.split("](")[1:]]
    return [link for link in found if link and ":" not in link]


def test_every_relative_link_of_a_shipped_document_is_answered_by_a_shipped_file(shipped):
    counted = 0
    for file in shipped.rglob("*.md"):
        for link in relative(file.read_text("utf-8")):
            target = (file.parent / link).resolve()
            assert target.is_relative_to(shipped), f"{file.name}: {link}"
            assert target.exists(), f"{file.name}: {link}"
            counted += 1
    assert counted > 60


def test_the_guides_of_administrator_officer_and_committee_are_there(shipped):
    names = {
        "README.md",
        "admin.md",
        "comptes.md",
        "dpd.md",
        "comite.md",
        "sources.md",
        "charter.md",
    }
    assert names <= {file.name for file in shipped.iterdir()}
    assert not any("/docs/" in str(file.relative_to(shipped)) for file in shipped.rglob("*"))


def test_whatever_the_package_says_lies_there_lies_there(shipped):
    """Units, alerts, scripts and the guide name files of the package by their path."""
    build = (DEB / "build.sh").read_text("utf-8")
    by_build = {"Caddyfile", "jauge.rules.yml", "sbom.cdx.json"}
    assert all(
        re.search(rf"(?m)^(install|\$here) .*\b{re.escape(name)}", build) for name in by_build
    )
    files = [*(ROOT / "deploy").rglob("*"), ROOT / "docs" / "admin.md"]
    named: set[str] = set()
    for file in files:
        if file.is_file() and file.name != "build.sh" and file.suffix != ".pyc":
            named |= set(re.findall(rf"{PLACE}([\w.-]+\w)", file.read_text("utf-8")))
    assert {"admin.md", "comptes.md", "reliability.md"} <= named
    assert {name for name in named - by_build if not (shipped / name).exists()} == set()


def test_the_licences_are_in_the_form_that_debian_wants_and_whole(shipped):
    text = (shipped / "copyright").read_text("utf-8")
    assert text.startswith(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
    )
    used = set(re.findall(r"(?m)^License: (\S+)$", text))
    assert used == {"EUPL-1.2", "Expat"}
    for part in text.split("\n\n"):
        assert re.match(r"(Format|Files|License): ", part)
    words = " ".join(word for word in text.split() if word != ".")
    for source, least in (("LICENSE", 2_000), ("dashboards/static/vendor/LICENSE-plotly", 150)):
        whole = (ROOT / source).read_text("utf-8").split()
        assert " ".join(whole[-least:]) in words
        assert len(whole) > least


def test_the_changelog_is_the_one_of_the_tree(shipped):
    assert (
        gzip.decompress((shipped / "changelog.gz").read_bytes())
        == (ROOT / "CHANGELOG.md").read_bytes()
    )


def test_the_same_tree_gives_the_same_octets(shipped, tmp_path):
    assert documents(ROOT, tmp_path).returncode == 0
    files = sorted(file.relative_to(shipped) for file in shipped.rglob("*") if file.is_file())
    assert files == sorted(
        file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file()
    )
    for file in files:
        assert (shipped / file).read_bytes() == (tmp_path / file).read_bytes(), file


def test_a_dead_link_ends_the_build(tmp_path):
    tree = tmp_path / "tree"
    (tree / "docs").mkdir(parents=True)
    (tree / "README.md").write_text("[guide](docs/admin.md)")
    (tree / "docs" / "admin.md").write_text("[gone](gone.md#1) and `[code](of.md)`")
    done = documents(tree, tmp_path / "out")
    assert done.returncode != 0
    assert "docs/gone.md: a link leads there" in done.stderr


GUIDE = (ROOT / "docs" / "admin.md").read_text("utf-8")


def fenced(language: str) -> list[str]:
    """Return the guide's blocks of one language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", GUIDE)


def test_caddy_takes_what_the_guide_says_of_name_port_certificate_and_prometheus(tmp_path):
    caddy, openssl = need("caddy", "caddy"), need("openssl", "openssl")
    key, certificate = tmp_path / "jauge.key", tmp_path / "jauge.crt"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=jauge.example.fr", "-keyout", key, "-out", certificate],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    pages, metrics = fenced("caddy")
    text = f"{pages}{metrics}".replace("/etc/ssl/", f"{tmp_path}/")
    (tmp_path / "Caddyfile").write_text(text, "utf-8")
    done = subprocess.run(
        [caddy, "validate", "--adapter", "caddyfile", "--config", tmp_path / "Caddyfile"],
        capture_output=True, text=True, check=False, timeout=60,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not re.search(r"(?m)^\s*log\b", text)
    assert "/metrics" in metrics
    assert "remote_ip" in metrics


def test_what_the_guide_puts_into_the_pages_unit_is_its_own_command_and_one_option_more():
    unit = (ROOT / "deploy" / "systemd" / "jauge-web.service").read_text("utf-8")
    (command,) = re.findall(r"(?m)^ExecStart=.*$", unit)
    (edit,) = fenced("ini")
    assert edit.splitlines()[-2:] == ["ExecStart=", f"{command} --metrics-port 9108"]
    assert "SocketBindAllow=tcp:9108" in edit
