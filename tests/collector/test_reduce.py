"""What remains of a full host name: nothing that the catalogue or a public list does not say."""

from dataclasses import astuple

import pytest

from collector.reduce import ECH_PUBLIC_NAMES, make_reducer

SITES = {"mail.example.org": "example.org", "doh.example.net": "doh.example.net"}
LISTED = {"mail.example.org": "press", "nowhere.test": "adult"}


def reducer(**more):
    return make_reducer(SITES.get, **more)


WITH_EVERYTHING = {"category_of": LISTED.get, "is_resolver": lambda site: "doh" in site}


@pytest.mark.parametrize(
    ("name", "site", "listed", "ech", "resolver"),
    [
        ("mail.example.org", "example.org", "press", False, False),
        ("doh.example.net", "doh.example.net", None, False, True),
        ("nowhere.test", None, None, False, False),  # listed, but reduced to nothing
        ("cloudflare-ech.com", None, None, True, False),
        ("public.tls-ech.dev", None, None, True, False),
    ],
)
def test_a_name_is_reduced_to_site_category_and_two_marks(name, site, listed, ech, resolver):
    assert astuple(reducer(**WITH_EVERYTHING)(name)) == (site, listed, ech, resolver)


def test_without_lists_there_is_no_category_and_without_resolvers_no_resolver():
    assert astuple(reducer()("mail.example.org")) == ("example.org", None, False, False)
    assert not reducer()("doh.example.net").resolver


def test_the_lists_are_not_even_asked_about_a_name_that_is_reduced_to_nothing():
    asked = []
    reducer(category_of=asked.append, is_resolver=asked.append)("nowhere.test")
    assert asked == []


def test_nothing_of_the_full_name_is_left():
    for name in ("mail.example.org", "secret-login.private.test"):
        assert name not in repr(reducer(**WITH_EVERYTHING)(name))


def test_the_outer_names_of_encrypted_hellos_are_the_two_that_are_known():
    assert {"cloudflare-ech.com", "public.tls-ech.dev"} == ECH_PUBLIC_NAMES
