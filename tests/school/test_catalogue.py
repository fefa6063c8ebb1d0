import csv
import re
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from school.catalogue import COLUMNS, FILES, SCHOOL_CATEGORIES, Catalogue, load_catalogue
from school.words import Category

CATALOGUE = load_catalogue()
ICANN = PublicSuffixList(only_icann=True, accept_unknown=False)


def rows():
    for name in FILES:
        text = files("school.catalogue").joinpath(name).read_text(encoding="utf-8")
        yield from csv.DictReader(text.splitlines())


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("0123456a.index-education.net", "index-education.net"),
        ("0123456A.INDEX-EDUCATION.NET.", "index-education.net"),
        ("0030858s.esidoc.fr", "esidoc.fr"),
        ("prenom-nom.github.io", "github.io"),
        ("prenom-nom.duckdns.org", "duckdns.org"),  # a private suffix that the catalogue ignores
        ("www.unknown-shop.fr", "unknown-shop.fr"),
        ("a.b.c.unknown.co.uk", "unknown.co.uk"),
        ("notyoutube.com", "notyoutube.com"),
        ("m.youtube.com", "youtube.com"),
        ("dl.free.fr", "dl.free.fr"),
        ("prenom.nom.free.fr", "free.fr"),
        ("mairie.gouv.fr", "mairie.gouv.fr"),
        ("xn--caf-dma.fr", "xn--caf-dma.fr"),
        ("com", None),
        ("gouv.fr", None),
        ("co.uk", None),
        ("localhost", None),
        ("poste-de-prenom.local", None),
        ("imprimante.lan", None),
        ("10.1.2.3", None),
        ("fe80::1", None),
        ("[2001:db8::1]", None),
        ("3.2.1.10.in-addr.arpa", None),
        ("café.fr", None),
        ("a..fr", None),
        (".fr", None),
        ("", None),
        ("a b.fr", None),
        ("x" * 64 + ".fr", None),
        (("x" * 50 + ".") * 6 + "fr", None),
        ("prenom@ecole.fr", None),
        ("ecole.fr:443", None),
    ],
)
def test_a_name_is_reduced_to_its_site_or_to_nothing(host, site):
    assert CATALOGUE.site_of(host) == site


LABELS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=12)
HOSTS = st.builds(
    lambda labels, tail: ".".join([*labels, tail]),
    st.lists(LABELS, max_size=5),
    st.one_of(
        st.sampled_from(CATALOGUE.suffixes()),
        st.sampled_from(
            ["fr", "com", "co.uk", "gouv.fr", "github.io", "duckdns.org", "local", "arpa", "ck"]
        ),
    ),
)


def naive_site(host: str) -> str | None:
    """The definition, over all entries: longest suffix known, else the registrable domain."""
    known = [
        entry.suffix
        for entry in CATALOGUE
        if host == entry.suffix or host.endswith("." + entry.suffix)
    ]
    if known:
        return max(known, key=len)
    return None if host.endswith(".arpa") else ICANN.privatesuffix(host)


@given(HOSTS)
def test_the_lookup_agrees_with_its_definition(host):
    assert CATALOGUE.site_of(host) == naive_site(host)


@given(st.text(max_size=60))
def test_any_text_gives_a_suffix_of_itself_or_nothing(text):
    site = CATALOGUE.site_of(text)
    assert site is None or text.strip().lower().removesuffix(".").endswith(site)


@given(HOSTS, LABELS)
def test_a_label_more_in_front_never_shows(host, label):
    site = CATALOGUE.site_of(host)
    if site is not None and CATALOGUE.entry(f"{label}.{host}") is None:
        assert CATALOGUE.site_of(f"{label}.{host}") == site


def test_reduction_is_stable():
    for suffix in CATALOGUE.suffixes():
        assert CATALOGUE.site_of(suffix) == suffix


def test_an_empty_catalogue_leaves_the_registrable_domain():
    assert Catalogue([]).site_of("www.youtube.com") == "youtube.com"


def test_no_entry_is_a_public_suffix_and_none_names_a_school():
    for row in rows():
        assert tuple(row) == COLUMNS
        assert all(row[column] for column in COLUMNS), row["suffix"]
        assert ICANN.publicsuffix(row["suffix"]) != row["suffix"], row["suffix"]
        assert not re.search(r"(^|\.)\d{7}[a-z]\.", row["suffix"]), row["suffix"]


LICENCES = {"fact", "etalab-2.0", "MIT", "LGPL-3.0", "CC-BY-SA-4.0", "GPL-3.0"}
POPULARITY = re.compile(r"tranco|alexa-\d|faf-|rank \d|file id|find_string", re.I)


def test_every_row_has_its_origin_licence_and_date():
    for row in rows():
        assert set(row["licence"].split()) <= LICENCES, row["suffix"]
        assert date(2026, 11, 1) <= date.fromisoformat(row["date"]) <= date(2099, 1, 1)
        assert not POPULARITY.search(row["origin"]), row["suffix"]  # lists for research only


def test_no_longer_suffix_says_what_its_parent_says():
    for entry in CATALOGUE:
        _, _, rest = entry.suffix.partition(".")
        parent = CATALOGUE.entry(CATALOGUE.site_of(rest) or "")
        if parent is not None:
            assert (parent.service, parent.category) != (entry.service, entry.category), entry


SHARED_ON_PURPOSE = """zoom.us teams.microsoft.com teams.live.com meet.google.com youtube.com
    office.com office365.com sharepoint.com docs.google.com github.com duolingo.com letudiant.fr
    replit.com google.com drive.google.com github.io wordpress.com canalblog.com"""
"""Names that are for school or private (data.md 2.3): a name alone must not make them pedagogical."""


@pytest.mark.parametrize("host", SHARED_ON_PURPOSE.split())
def test_ambiguous_hosts_do_not_become_pedagogical(host):
    category = CATALOGUE.category_of(CATALOGUE.site_of(host))
    assert category not in SCHOOL_CATEGORIES - {"conferencing"}
    # A video call is neither: the charter decides with zone and period.
    assert category != "conferencing" or host.split(".")[0] in {"zoom", "teams", "meet"}


OVER_BROAD = """akamai.net=cdn_shared gstatic.com=cdn_shared microsoft.com=cdn_shared
    apple.com=cdn_shared googleapis.com=cdn_shared cloudfront.net=cdn_shared google.com=search"""


@pytest.mark.parametrize("pair", OVER_BROAD.split())
def test_whole_providers_say_nothing_of_a_use(pair):
    suffix, category = pair.split("=")
    assert CATALOGUE.category_of(suffix) == category


@pytest.mark.parametrize(
    "suffix",
    ["free.fr", "yahoo.com", "live.com", "gouv.fr", "hp.com", "icloud.com", "eventbrite.com"],
)
def test_suffixes_that_say_nothing_are_left_out(suffix):
    assert CATALOGUE.entry(suffix) is None


@pytest.mark.parametrize(
    ("suffix", "category"),
    [
        ("monlycee.net", "ent"),
        ("index-education.net", "school_life"),
        ("ecoledirecte.com", "school_life"),
        ("pix.fr", "assessment"),
        ("lumni.fr", "resource"),
        ("elea.apps.education.fr", "resource"),
        ("apps.education.fr", "collaborative"),
        ("geogebra.org", "tool"),
        ("parcoursup.fr", "orientation"),
        ("youtube.com", "video_streaming"),
        ("netflix.com", "video_streaming"),
        ("tiktok.com", "social_network"),
        ("radiofrance.fr", "web_radio"),
        ("nrj.fr", "web_radio"),
        ("windowsupdate.com", "os_update"),
        ("steampowered.com", "games"),
    ],
)
def test_services_that_schools_meet_every_day_are_known(suffix, category):
    assert CATALOGUE.category_of(suffix) == category


def test_every_category_but_unknown_has_an_entry():
    present = {entry.category for entry in CATALOGUE}
    assert present == {category.value for category in Category} - {"unknown"}


def test_an_entry_is_what_the_file_says():
    pix = CATALOGUE.entry("pix.fr")
    assert (pix.service, pix.suffix, pix.category) == ("Pix", "pix.fr", "assessment")
    assert (pix.publisher, pix.licence, pix.own) == ("GIP Pix", "etalab-2.0", False)
    assert CATALOGUE.entry("app.pix.fr") is None
    assert CATALOGUE.category_of(None) is None
