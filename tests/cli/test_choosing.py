"""docs/choosing-an-sla.md: its answers are the program's, and its figures are computed again."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest

from monitor.agreements.build import contract
from monitor.cli.shelf import published
from monitor.cli.sla_list import promise
from monitor.config.load import library_terms
from monitor.core.intervals import DAY, HOUR, MINUTE
from monitor.core.periods import local, midnight
from tests.cli.told import document

ROOT = Path(__file__).parents[2]
PATH = ROOT / "docs" / "choosing-an-sla.md"
NAMES = (
    "aws-s3-standard", "azure-storage-hot", "safespring-newer", "github-enterprise-addendum",
    "cloudflare-business", "upcloud", "atlassian-premium", "servicenow", "hetzner-cloud",
)  # fmt: skip


def text() -> str:
    return PATH.read_text(encoding="utf-8")


def rewrite(pattern: str, body: str) -> None:
    """Put `body` where the first group of the pattern stands."""
    found = re.search(pattern, text(), re.DOTALL)
    assert found, pattern
    start, end = found.span(1)
    PATH.write_text(text()[:start] + body + text()[end:], encoding="utf-8")


def test_every_answer_on_the_page_is_the_programs(cli, clock, tmp_path, update_golden):
    page = document(PATH)
    clock.at = page.now
    answers = list(page.answers(tmp_path, cli))

    if update_golden:
        page.rewritten(answers)
    assert answers == document(PATH).printed


LEVELS = ("99", "99.5", "99.9", "99.95", "99.99")
DAYS = (28, 29, 30, 31)
TABLE = r"\| level \| 28 days.*?\n\| -[^\n]*\n((?:\|[^\n]*\n)+)"


def spoken(seconds: int) -> str:
    """`7 h 12 min`, `43 min 12 s`."""
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def test_what_a_level_allows_is_counted_second_by_second(update_golden):
    """The most whole seconds of downtime that leave at least so many hundred-thousandths of the month up."""
    lines = []
    for level in LEVELS:
        share = Fraction(level) / 100
        cells = []
        for days in DAYS:
            whole, down = days * 86_400, 0
            while Fraction(whole - down - 1, whole) >= share:
                down += 1
            cells.append(spoken(down))
        lines.append(f"| {level} % | {' | '.join(cells)} |\n")

    if update_golden:
        rewrite(TABLE, "".join(lines))
    found = re.search(TABLE, text(), re.DOTALL)
    assert found
    assert found[1] == "".join(lines)


def section_of(name: str) -> str:
    """The document of the section that a published SLA was read from, as docs/agreements.md lists it."""
    listed = (ROOT / "docs" / "agreements.md").read_text(encoding="utf-8")
    row = next(line for line in listed.splitlines() if f"`{name}`" in line and line.startswith("| "))
    found = re.search(r"\[([^\]]*)\]\((\.\./tests/[^)]*)\)", row)
    assert found
    return f"[{found[1]}]({found[2]})"


def terms_of(name: str) -> str:
    """A row of the table: what the library computes with."""
    shown, terms = published()[f"library:{name}"], library_terms(name)
    ((_, own),) = terms.promises
    caps = ", ".join(cap.text for cap in own.limits.at_most) or "none"
    claim = shown.table.get("claim", "automatic")
    by = claim if isinstance(claim, str) else f"{claim.get('notify')}, then {claim.get('by')}"
    unsure = f" (not verified: {', '.join(shown.unverified)})" if shown.unverified else ""
    ((_, clause),) = contract(terms).promises
    cells = (f"`{name}`", promise(shown), clause.schedule.phrase(), caps, by, section_of(name) + unsure)
    return f"| {' | '.join(cells)} |\n"


TERMS = r"<!-- terms -->\n(.*?)<!-- end of terms -->"


def test_the_terms_of_others_are_those_of_the_library(update_golden):
    head = "\n| SLA | promise | credit | at most | claim | section |\n| --- | --- | --- | --- | --- | --- |\n"
    table = f"{head}{''.join(map(terms_of, NAMES))}\n"

    if update_golden:
        rewrite(TERMS, table)
    found = re.search(TERMS, text(), re.DOTALL)
    assert found
    assert found[1] == table


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)", text()))))
def test_every_place_that_it_points_to_is_there(link):
    assert (PATH.parent / link).exists()


def months_of_the_year() -> list[Fraction]:
    """The figure of each month, worst first: one outage each, and in May 15 minutes left out."""
    unseen = {local(s.start, "UTC").month: s.length for _, s, what in document(PATH).seen() if what != "down"}
    figures = []
    for _, span, what in document(PATH).seen():
        when = local(span.start, "UTC")
        if what == "down" and (when.year, when.month) != (2026, 11):
            whole = monthrange(when.year, when.month)[1] * DAY - unseen.get(when.month, 0)
            figures.append(1 - Fraction(span.length, whole))
    return sorted(figures)


def percent(figure: Fraction) -> str:
    """Cut off after four decimals."""
    return f"{int(figure * 10**6) // 10**4}.{int(figure * 10**6) % 10**4:04d} %"


def test_the_figures_in_its_sentences_are_those_of_the_year():
    """Twelve months at 90 %: the fourth worst is the bound for half of all, the worst for three in four."""
    worst = months_of_the_year()
    assert len(worst) == 12
    assert 1 - Fraction(sum(comb(12, k) for k in range(4)), 2**12) >= Fraction(9, 10)
    assert 1 - Fraction(sum(comb(12, k) for k in range(5)), 2**12) < Fraction(9, 10)
    assert (
        1 - Fraction(3, 4) ** 12 >= Fraction(9, 10) > 1 - Fraction(3, 4) ** 12 - Fraction(12 * 3**11, 4**12)
    )
    said = " ".join(text().split())

    assert f"Nine in ten of these twelve reached {percent(worst[1])}" in said
    assert f"with {int((1 - Fraction(9, 10) ** 12) * 1000) / 10} %" in said
    assert 1 - Fraction(9, 10) ** 22 >= Fraction(9, 10) > 1 - Fraction(9, 10) ** 21
    assert f"half of all months reach {percent(worst[3])}, and three in four {percent(worst[0])}" in said


def test_half_a_minute_less_than_44_breaks_99_9_in_all_months_but_those_of_31_days():
    down = Fraction(435, 10) * MINUTE

    kept = [1 - down / (days * DAY) >= Fraction(999, 1000) for days in DAYS]

    assert kept == [False, False, False, True]
    assert (
        midnight(date(2026, 4, 1), "Europe/Berlin") - midnight(date(2026, 3, 1), "Europe/Berlin")
    ) == 743 * HOUR
    assert "43.5 minutes" in text()
    assert "743 hours" in text()


def test_the_prices_of_august_and_of_the_year_are_worked_out_by_hand():
    """A fee of 1,200.00 EUR; August has 44,640 minutes, of which 99.9 % leaves 44.64 free."""
    said = " ".join(text().split())
    beyond = 72 * MINUTE - Fraction(31 * DAY, 1000)
    by_the_minute = Fraction(1200) * 10 * beyond / (31 * DAY)
    missed = [figure for figure in months_of_the_year() if figure < Fraction(9995, 10_000)]
    platinum = [Fraction(300) if figure < Fraction(999, 1000) else Fraction(120) for figure in missed]

    assert beyond == 27 * MINUTE + 21_600
    assert "27 min 21.600 s beyond the allowance" in said
    assert f"is {int(by_the_minute * 100 + Fraction(1, 2)) / 100:.2f} EUR" in said
    assert len(missed) == 3
    assert f"comes to {int(sum(platinum))}.00 EUR" in said
    assert sum(platinum) / (12 * 1200) == Fraction(375, 10_000)
    assert "3.75 % of its fees" in said


FACTS = [
    ("30 days of fees", "github-enterprise-addendum", "limits", "30 days of fees per period"),
    ("8 % of the fees of the whole subscription", "common-paper", "limits", "8% of the contract fee"),
    ("one month's fees in any 12 months", "cloudflare-business", "limits", "1 month of fees per 12 months"),
    ("one window a month announced five working", "safespring-newer", "exclude", "1 window per month"),
    ("at most ten hours a year with 48 hours' notice", "slack-2024", "exclude", "10h per year"),
    ("two hours a month", "servicenow", "exclude", "2h per month"),
    ("7 days after the month", "common-paper", "claim", "7 days after period"),
    ("15 days ([Atlassian]", "atlassian-premium", "claim", "15 days after period"),
    ("30 days ([Twilio]", "twilio", "claim", "30 days after period"),
    ("the end of the second billing cycle", "aws-s3-standard", "claim", "end of the second billing cycle"),
    ("notice within five business days", "cloudflare-business", "claim", "5 business days after outage"),
    ("Paid only above 1 USD", "aws-s3-standard", "limits", "> 1.00 USD"),
    ("kept until 1,000 USD have come together", "servicenow", "limits", "1000.00 USD"),
    ("25 times", "github-enterprise-addendum", "credits", "25"),
    ("ten times the fee for the time beyond what is promised", "hosting-king", "credits", "10"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "name", "stage", "written"), FACTS, ids=lambda each: each)
def test_what_it_says_of_others_is_what_the_library_computes_with(said, name, stage, written):
    """Every fact of the chapter on terms, its library entry, and the section that it is credited to."""
    chapter = " ".join(text().split("## 6.")[1].split("## 7.")[0].split())
    section = re.search(r"\(([^)]*)\)", section_of(name).split("]")[1])
    assert section
    after = chapter[chapter.index(said) :]
    credited = re.search(r"\]\((\.\./tests/[^)]*)\)", after)

    assert written in str(published()[f"library:{name}"].table[stage])
    assert credited
    assert credited[1] == section[1]
