"""What the page on performance tells is what was measured, and keeps its limits."""

from benchmarks import page
from benchmarks.results import kept


def test_the_page_on_performance_is_current() -> None:
    results = kept()
    text = page.PAGE.read_text()
    assert text == page.page(text, results), "renew it: make pages"
    assert page.PLOT.read_text() == page.plot(results), "renew it: make pages"


def test_every_result_is_on_the_page() -> None:
    assert {result.name for result in kept()} <= page.TITLES.keys()
