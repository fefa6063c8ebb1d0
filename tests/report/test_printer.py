"""One document at a time, kept, for a bounded number of readers; and the two routes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.problems import Problem
from api.report import MOST_WAITING, Printer
from dashboards.report.pdf import CannotPrint, Paper
from tests.api.client import HTML, Client


class Press:
    """Stands in for the seconds of WeasyPrint: prints when it is let."""

    def __init__(self) -> None:
        self.may_print = threading.Event()
        self.lock = threading.Lock()
        self.now = self.most = self.done = 0

    def __call__(self, html: str, *_: str) -> Paper:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.may_print.wait(10)
        with self.lock:
            self.now -= 1
            self.done += 1
        return Paper(html.encode(), 1)


def test_one_document_at_a_time_and_each_once():
    press = Press()
    printer = Printer(press)
    press.may_print.set()
    with ThreadPoolExecutor(MOST_WAITING) as readers:
        papers = list(readers.map(printer.print, ["a", "b", "a", "b"]))
    assert [paper.data for paper in papers] == [b"a", b"b", b"a", b"b"]
    assert (press.most, press.done) == (1, 2)


def test_a_document_that_was_made_while_its_reader_found_a_place_is_not_made_again():
    press = Press()
    press.may_print.set()
    printer = Printer(press)
    real = printer._places

    class Slow:
        def acquire(self, *, blocking):
            printer._places = real
            printer.print("a")  # another reader's, from beginning to end
            return real.acquire(blocking=blocking)

    printer._places = Slow()
    assert printer.print("a").data == b"a"
    assert press.done == 1


def test_more_readers_than_places_are_told_to_come_back_at_once():
    press = Press()
    printer = Printer(press)
    with ThreadPoolExecutor(MOST_WAITING + 1) as readers:
        waiting = [readers.submit(printer.print, str(n)) for n in range(MOST_WAITING)]
        while press.now == 0 or printer._places._value:
            threading.Event().wait(0.01)
        with pytest.raises(Problem) as refused:
            printer.print("one more")
        press.may_print.set()
        assert all(each.result().pages == 1 for each in waiting)
    assert refused.value.kind == "report-busy"
    assert printer.print("one more").data == b"one more"


def test_who_waits_too_long_is_told_so_and_finds_it_made_later():
    press = Press()
    printer = Printer(press, longest_wait_s=0.05)
    with pytest.raises(Problem, match="report-busy"):
        printer.print("slow")
    press.may_print.set()
    for _ in range(100):
        if press.done:
            break
        threading.Event().wait(0.01)
    assert printer.print("slow").data == b"slow"
    assert press.done == 1


def test_only_the_last_documents_are_kept():
    press = Press()
    press.may_print.set()
    printer = Printer(press)
    for n in range(20):
        printer.print(str(n))
    assert len(printer._kept) == 6
    assert not printer._pending


def test_a_machine_that_cannot_print_says_what_to_install(public: Path):
    def cannot(*_: str) -> Paper:
        raise CannotPrint("every font", "fonts-dejavu-core")

    with pytest.raises(Problem, match="report-cannot"):
        Printer(cannot).print("x")


def test_the_page_and_the_pdf_of_a_term(public: Path):
    client = Client(public)
    page = client.get("/rapport?term=2026-T1", accept=HTML)
    assert page.status_code == 200
    assert '<a class="button" href="/rapport.pdf?term=2026-T1"' in page.text
    pdf = client.get("/rapport.pdf?term=2026-T1")
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["content-disposition"] == (
        'attachment; filename="rapport-0000000A-2026-T1.pdf"'
    )
    again = client.get("/rapport.pdf?term=2026-T1", if_none_match=pdf.headers["etag"])
    assert again.status_code == 304


@pytest.mark.parametrize("term", ["2026-T9", "x", "../../etc"])
def test_a_term_that_is_not_published_is_not_found(public: Path, term: str):
    assert Client(public).get(f"/rapport?term={term}", accept=HTML).status_code == 404
    assert Client(public).get(f"/rapport.pdf?term={term}").status_code == 404
