"""`make check` leaves out what costs much, by measurement; nothing is left out of `make test`."""

from pathlib import Path

from tests import costs, run


def test_a_function_is_costly_by_the_sum_of_its_cases():
    measured = "0.080 tests/a.py::one[x y]\n0.060 tests/a.py::one[z]\n0.100 tests/b.py::two\n"
    assert costs.listed(measured) == f"{costs.HEAD}tests/a.py::one\n"


def test_what_the_check_leaves_out_is_there_and_make_test_runs_it():
    files = {name.partition("::")[0] for name in costs.costly()}
    assert files
    assert [name for name in files if not Path(name).is_file()] == []
    assert "--quick" in run.TESTS["fast"][0][1]
    assert all("--quick" not in command for _, command in run.TESTS["all"])
