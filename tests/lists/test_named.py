"""Every over-broad entry that the reference names is overridden, one by one."""

from functools import cache

import pytest

from school.catalogue import load_catalogue
from school.lists.settings import DO_NOT_USE, load_settings
from school.lists.suffixes import public_suffixes
from tests.lists.examples import folder_of, imported, told
from tests.lists.named import NAMED, PAIRS, bold_settings, lines_of, verdict
from tests.lists.test_ut1 import UT1

CATALOGUE = load_catalogue()
needs_ut1 = pytest.mark.skipif(
    UT1 is None, reason="UT1 is not here: put it in ../shared/data/ut1, or set JAUGE_UT1"
)


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory):
    """Lists of the named entries alone, taken by a school that takes all it can."""
    root = tmp_path_factory.mktemp("named")
    settings = load_settings(bold_settings(root / "lists.yaml"))
    folder = folder_of(root / "lists", {name: hosts.split() for name, hosts in NAMED.items()})
    return imported(folder, settings=settings)


@cache
def whole(directory):
    settings = load_settings(bold_settings(directory / "lists.yaml"))
    return imported(UT1, settings=settings)


@pytest.mark.parametrize(("name", "host"), PAIRS)
def test_an_entry_that_is_named_as_wrong_loses(made, name, host):
    lists, _ = made
    assert verdict(lists, CATALOGUE, host)[0] != name
    assert verdict(lists, CATALOGUE, f"www.{host}")[0] != name


def test_the_lists_are_taken_by_that_school_so_the_names_do_lose(made):
    lists, report = made
    taken = {row.list for row in lists.sections.rows}
    assert taken >= set(NAMED) - DO_NOT_USE
    assert set(told(report, "over_broad")) == set(NAMED) - DO_NOT_USE
    assert told(report, "refused") == ["examen_pix"]


@pytest.mark.slow
@needs_ut1
@pytest.mark.parametrize(("name", "host"), PAIRS)
def test_it_loses_in_ut1_as_it_is_too(name, host, tmp_path_factory):
    assert host in lines_of(UT1, name), "UT1 changed: the entry is no more in the list"
    lists, _ = whole(tmp_path_factory.getbasetemp())
    answered, category = verdict(lists, CATALOGUE, host)
    assert answered != name
    known = CATALOGUE.category_of(CATALOGUE.site_of(host))
    assert known is None or category == known


@pytest.mark.slow
@needs_ut1
def test_public_suffixes_of_ut1_are_all_taken_out(tmp_path_factory):
    lists, _ = whole(tmp_path_factory.getbasetemp())
    suffixes = public_suffixes()
    for name, at_least in (("dynamic-dns", 300), ("liste_bu", 20), ("webhosting", 1)):
        public = [line for line in lines_of(UT1, name) if suffixes.holds(line)]
        assert len(public) >= at_least, name
        for line in public:
            found = lists.found(line)
            assert found is None or found.row.list != name, (name, line)
