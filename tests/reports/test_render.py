"""The pages as a browser gets them: golden files, what may never be in them, nothing unused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction as F
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from monitor.agreements.deadlines import ClaimDates
from monitor.core.intervals import Span
from monitor.core.money import Money
from reports import render
from reports.claim_twins import claim_csv, failed_csv, outages_csv
from reports.internal.letter import letter_text
from reports.internal.page import InternalPage, internal_page
from reports.page import StatementPage
from reports.view import statement_page

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def compare(update_golden: bool) -> Callable[[str, str], None]:
    """Compare a text with a golden file, or write it anew under `--update-golden`."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if update_golden:
            path.write_bytes(text.encode())
        assert path.read_bytes().decode() == text, f"{name} is not what it was"

    return check


def several(samples: Any) -> Any:
    """Two currencies, a fee with fractions, a long name, generated history."""
    long = "The service that has the longest name of all, Donaudampfschifffahrtsgesellschaft, Vienna and Linz"
    return samples.statement(
        samples.section(
            long, outages=samples.outages, windows=samples.windows, share=F(1, 10), row="< 99.9%"
        ),
        samples.section("Payments", fee=Money(F(100_000, 3), "GBP"), unknown=()),
        samples.undeterminable(),
        generated=(Span(samples.at("1 00:00:00"), samples.at("20 00:00:00")),),
    )


def unsettled_claim(samples: Any) -> Any:
    """Nobody can tell what is owed, and nothing must be claimed by any day."""
    paper = samples.statement(samples.undeterminable())
    return samples.claimed(
        paper, owed=None, why="too little was measured", deadlines=ClaimDates(automatic=True)
    )


PAGES: dict[str, Callable[[Any], str]] = {
    "october.html": lambda s: render.render_statement(s.statement()),
    "october.json": lambda s: render.statement_json(s.statement()),
    "october.csv": lambda s: render.statement_csv(s.statement()),
    "issued.html": lambda s: render.render_statement(s.issued()),
    "amendment.html": lambda s: render.render_statement(s.amended()),
    "amendment.json": lambda s: render.statement_json(s.amended()),
    "amendment.csv": lambda s: render.statement_csv(s.amended()),
    "reversal.html": lambda s: render.render_statement(s.reversed()),
    "month.html": lambda s: render.render_month(s.closed()),
    "running.html": lambda s: render.render_statement(s.running()),
    "several.html": lambda s: render.render_statement(several(s)),
    "several.csv": lambda s: render.statement_csv(several(s)),
    "internal.html": lambda s: render.render_internal(s.internal_rich()),
    "internal.json": lambda s: render.internal_json(s.internal_rich()),
    "internal.csv": lambda s: render.internal_csv(s.internal_rich()),
    "internal-letter.txt": lambda s: letter_text(s.internal_rich()),
    "internal-letter.html": lambda s: render.render_internal_letter(s.internal_rich()),
    "internal-running.html": lambda s: render.render_internal(s.internal_running()),
    "answered.html": lambda s: render.render_statement(s.answered()),
    "answered.json": lambda s: render.statement_json(s.answered()),
    "answered.csv": lambda s: render.statement_csv(s.answered()),
    "claim.html": lambda s: render.render_claim(s.claimed()),
    "claim.csv": lambda s: claim_csv(s.claimed()),
    "claim-outages.csv": lambda s: outages_csv(s.claimed()),
    "claim-failed-checks.csv": lambda s: failed_csv(s.claimed()),
}

HTML: dict[str, Callable[[Any], str]] = {
    **{name: page for name, page in PAGES.items() if name.endswith(".html")},
    "undeterminable": lambda s: render.render_statement(s.statement(s.undeterminable())),
    "many": lambda s: render.render_statement(s.many_outages()),
    "hostile": lambda s: render.render_statement(s.hostile()),
    "hostile claim": lambda s: render.render_claim(s.hostile_claim()),
    "unsettled claim": lambda s: render.render_claim(unsettled_claim(s)),
    "empty": lambda s: render.render_statement(replace(s.statement(), sections=(), totals=())),
    "hostile internal": lambda s: render.render_internal(s.internal_hostile()),
    "hostile letter": lambda s: render.render_internal_letter(s.internal_hostile()),
    "empty internal": lambda s: render.render_internal(s.internal(agreements=(), owed=())),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_the_golden_one(name: str, samples: Any, compare: Callable[[str, str], None]) -> None:
    compare(name, PAGES[name](samples))


LOADING = {"script", "link", "img", "iframe", "object", "embed", "form", "a"}


class Reader(HTMLParser):
    """Collects tags with their attributes, and checks that they close in order."""

    VOID = frozenset({"meta", "br", "path", "rect", "line", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs), tuple(self.open)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs), tuple(self.open)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("name", HTML)
def test_a_page_is_well_formed_and_loads_nothing(name: str, samples: Any) -> None:
    html = HTML[name](samples)
    reader = read(html)

    assert not {tag for tag, _, _ in reader.tags} & LOADING
    assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import|javascript:", html)
    assert not [name for _, attrs, _ in reader.tags for name in attrs if name.startswith("on")]
    assert "default-src 'none'" in html


@pytest.mark.parametrize("name", HTML)
def test_every_picture_has_words_or_is_hidden(name: str, samples: Any) -> None:
    for tag, attrs, _ in read(HTML[name](samples)).tags:
        if tag == "svg":
            hidden = attrs.get("aria-hidden") == "true"
            assert hidden or (attrs.get("role") == "img" and attrs.get("aria-label"))


@pytest.mark.parametrize("name", HTML)
def test_a_page_is_a_document_with_one_title_and_headings_in_order(name: str, samples: Any) -> None:
    tags = read(HTML[name](samples)).tags
    levels = [int(tag[1]) for tag, _, _ in tags if re.fullmatch("h[1-6]", tag)]

    assert tags[0][1] == {"lang": "en"}
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all("scope" in attrs for tag, attrs, _ in tags if tag == "th")
    assert sum(tag == "main" for tag, _, _ in tags) == 1


def test_hostile_names_are_text_and_nothing_else(samples: Any) -> None:
    html = render.render_statement(samples.hostile())

    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;evil[31m &amp; &#34;quoted&#34;" in html
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)


def test_hostile_names_are_text_on_the_internal_page_too(samples: Any) -> None:
    health = samples.internal().agreements[0]
    report = samples.internal(
        agreements=(replace(health, customer=samples.text, service=samples.text),), program=samples.text
    )
    html = render.render_internal(report)

    assert "<script" not in html
    assert "\u202e" not in html
    read(html)


def test_a_hostile_claim_is_text_and_runs_in_no_spreadsheet(samples: Any) -> None:
    paper = samples.hostile_claim()
    html = render.render_claim(paper)

    assert "<script" not in html
    assert "\u202e" not in html
    for text in (claim_csv(paper), outages_csv(paper), failed_csv(paper)):
        assert "\x1b" not in text
        assert not re.search(r"(^|,)\"?=cmd", text, re.MULTILINE)


def test_every_value_in_a_template_is_escaped_and_cleaned_whoever_forgot_it() -> None:
    template = render.environment().from_string("{{ text }} {{ made }} {{ number }}")

    assert template.render(text="<b>\x1b\u202e", made=Markup("<i>"), number=3) == "&lt;b&gt; <i> 3"


def test_a_name_that_a_template_does_not_know_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render.environment().get_template("statement.html").render()
    with pytest.raises(UndefinedError):
        render.environment().from_string("{{ page.forgotten }}").render(page={})


class Watched:
    """Stands for a value in a template and remembers which of its fields were read."""

    def __init__(self, value: Any, seen: set[tuple[str, str]]) -> None:
        self._value, self._seen = value, seen

    def __getattr__(self, name: str) -> Any:
        self._seen.add((type(self._value).__name__, name))
        return watched(getattr(self._value, name), self._seen)


def watched(value: Any, seen: set[tuple[str, str]]) -> Any:
    if isinstance(value, tuple):
        return tuple(watched(item, seen) for item in value)
    return Watched(value, seen) if is_dataclass(value) else value


def fields_of(value: Any) -> set[tuple[str, str]]:
    """(type, field) of every dataclass in a page."""
    if isinstance(value, tuple):
        return {entry for item in value for entry in fields_of(item)}
    if not is_dataclass(value):
        return set()
    own = {(type(value).__name__, field.name) for field in fields(value)}
    return own | {entry for field in fields(value) for entry in fields_of(getattr(value, field.name))}


def unused(template: str, *pages: StatementPage | InternalPage) -> set[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for page in pages:
        render.environment().get_template(template).render(page=Watched(page, seen))
    return {entry for page in pages for entry in fields_of(page)} - seen


def test_the_statement_uses_every_field_of_its_page(samples: Any) -> None:
    pages = tuple(
        map(statement_page, (samples.statement(), several(samples), samples.amended(), samples.answered()))
    )

    assert unused("statement.html", *pages) == set()


def test_the_internal_report_uses_every_field_of_its_page(samples: Any) -> None:
    reports = samples.internal_rich(), samples.internal_running(), samples.internal_hostile()
    pages = tuple(map(internal_page, reports))

    assert unused("internal.html", *pages) == set()


INTERNAL_WORDS = (
    "internal",
    "target",
    "margin",
    "budget",
    "exposure",
    "pace",
    "aim",
    "severity",
    "incident",
    "owner",
    "team",
    "at risk",
    "not for customers",
)


def test_nothing_internal_is_on_the_customers_page(samples: Any) -> None:
    """One data set, both pages: what the team's page says of its own is looked for in the customer's."""
    report, statement = samples.internal(), samples.statement()
    customer_texts = (
        render.render_statement(statement), render.statement_json(statement), render.statement_csv(statement),
    )  # fmt: skip
    others = {h.customer for h in report.agreements} - {statement.customer.name}
    targets = {str(h.target.value * 100 + 0.0) for h in report.agreements if h.target is not None}
    own = {str(float(section.commitment.value * 100)) for section in statement.sections}
    forbidden = {*INTERNAL_WORDS, *others, *(targets - own), "Payments API", "Muster Retail"}

    internal = " ".join(read(render.render_internal(report)).text).lower()
    assert "internal target" in internal
    for text in customer_texts:
        words = (" ".join(read(text).text) if text.startswith("<!") else text).lower()
        found = {word for word in forbidden if re.search(rf"\b{re.escape(word.lower())}\b", words)}
        assert found == set()


FREE = {
    "name", "title", "team", "owner", "severity", "cause", "id", "kpi", "text", "incident", "unusual", "why",
    "sla", "of", "key", "window", "since",
}  # fmt: skip


def free_texts(value: Any, key: str = "") -> set[str]:
    """Every text of the internal report's JSON that people or rules of the team chose."""
    if isinstance(value, dict):
        return {text for name, each in value.items() for text in free_texts(each, name)}
    if isinstance(value, list):
        return {text for each in value for text in free_texts(each, key)}
    return {value} if isinstance(value, str) and key in FREE and len(value) > 3 else set()


def test_no_text_of_the_teams_own_is_on_the_customers_page(samples: Any) -> None:
    """Incidents, teams, owners, causes, KPIs, follow-ups, notes: looked for one by one, in all the twins."""
    known = {"Checkout", "Catalogue API", "Image delivery", "gold", "plain"}  # the customer's own words
    forbidden = free_texts(json.loads(render.internal_json(samples.internal_rich()))) - known
    assert {"checkout/20261006T120210Z", "Team leads", "mtta", "Certificate renewal"} <= forbidden
    assert len(forbidden) > 40

    for statement in (samples.statement(), samples.issued(), samples.amended(), several(samples)):
        for text in (
            render.render_statement(statement), render.statement_json(statement),
            render.statement_csv(statement),
        ):  # fmt: skip
            words = " ".join(read(text).text) if text.startswith("<!") else text
            assert {
                each for each in forbidden if re.search(rf"(?<!\w){re.escape(each)}(?!\w)", words)
            } == set()


def said(statement: Any) -> str:
    """What a page says, in plain characters."""
    text = " ".join(read(render.render_statement(statement)).text)
    return " ".join(text.replace("\xa0", " ").replace("\u202f", "").replace("\N{MINUS SIGN}", "-").split())


def test_an_issued_paper_says_what_it_is_and_how_it_is_verified(samples: Any) -> None:
    """The number, the bill, what it is not, the order it is for, and what it can be told by."""
    page = said(samples.issued())

    for words in (
        "2026-0042", "Set against the bill for November 2026. Net of VAT; this is not an invoice.",
        "Order: PO-8812", "5f5f5f5f", "9a9a9a9a",
        "Statements to this customer before it: 2026-0017 and 2026-0031.",
        "makegood statement verify 2026-0042.json --evidence 2026-0042.evidence.json",
    ):  # fmt: skip
        assert words in page, words


def test_a_correction_names_the_paper_and_shows_the_difference_line_by_line(samples: Any) -> None:
    page = said(samples.amended())

    for words in (
        "It names the statement that it corrects: 2026-0042. Reason: The outage of the 6th was a cut fibre.",
        "Downtime counted", "-120.00 EUR", "2.50 EUR", "not determinable",
        "Decided for acme-search on 31 October 2026: 2.50 EUR",
    ):  # fmt: skip
        assert words in page, words


def test_a_reversal_takes_back_with_the_opposite_sign(samples: Any) -> None:
    page = said(samples.reversed())

    assert "What is taken back" in page
    assert "-120.00 EUR" in page


def test_a_draft_is_marked_in_the_title_on_the_page_and_on_every_printed_sheet(samples: Any) -> None:
    html = render.render_statement(samples.statement())

    assert re.search(r"<title>[^<]*Draft, not issued</title>", html)
    assert '@bottom-left{content:"Service level statement · October 2026 · Draft, not issued"' in html
    assert "<b>Draft, not issued.</b>" in html


def test_generated_history_is_labelled_on_the_page_and_in_both_twins(samples: Any) -> None:
    statement = several(samples)
    label = "Generated demonstration data, not measured"

    assert f"<b>{label}:</b>" in render.render_statement(statement)
    assert label in render.statement_json(statement)
    assert label in render.statement_csv(statement)


def test_two_hundred_outages_are_all_on_the_page(samples: Any) -> None:
    html = render.render_statement(samples.many_outages(200))

    assert html.count("There was no answer in time.") == 200


def test_rendering_twice_gives_the_same_bytes(samples: Any) -> None:
    assert render.render_statement(samples.statement()) == render.render_statement(samples.statement())
