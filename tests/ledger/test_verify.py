"""A paper is verified by whoever has it and the evidence: what was changed is found and named."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace

import pytest

from monitor.core.intervals import HOUR
from monitor.errors import EvidenceRefused
from monitor.ledger.examine import examine
from monitor.ledger.issuing import issue_month
from monitor.ledger.verify import read_evidence, read_paper, verify
from tests.ledger.house import CUSTOMERS, at
from tests.ledger.shelf import evidence, filled, paper


@pytest.fixture
def shelf(office):
    return filled(office())


def text_of(document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def forged(press, read, change):
    """The paper with a change, sealed anew as if it had been issued like that."""
    document = deepcopy(dict(read.document))
    change(document)
    document["issue"]["digest"] = press.seal(document)
    return read_paper(text_of(document), read.name)


# --- what holds -----------------------------------------------------------------------------------------


def test_a_statement_follows_from_its_evidence(shelf):
    verdict = verify(shelf.press, paper(shelf, "2026-0001"), evidence(shelf, "2026-0001"))

    assert verdict.differs == ""
    assert verdict.held_true == (
        "its values are those that were issued",
        "the evidence is that which it names",
        "every figure follows from the evidence and the terms",
    )
    assert verdict.left == ()


@pytest.mark.parametrize(("number", "held"), [("2026-0004", "2026-0001"), ("2026-0005", "2026-0002")])
def test_a_correction_follows_from_its_evidence_and_the_paper_it_corrects(shelf, number, held):
    verdict = verify(shelf.press, paper(shelf, number), evidence(shelf, number), [paper(shelf, held)])

    assert (verdict.differs, verdict.left) == ("", ())
    assert f"it follows from {held}, which you hold" in verdict.held_true


def test_without_the_corrected_paper_it_is_said_what_could_not_be_verified(shelf):
    verdict = verify(shelf.press, paper(shelf, "2026-0004"), evidence(shelf, "2026-0004"))

    assert (verdict.differs, verdict.left) == (
        "",
        (
            "what it changes: give the paper that it corrects, 2026-0001, with --held FILE",
            "whether earlier papers were replaced: give one that you hold, --held FILE",
        ),
    )


def test_a_paper_alone_shows_that_it_is_the_one_that_was_issued_and_says_what_is_left(shelf):
    verdict = verify(shelf.press, paper(shelf, "2026-0001"), None)

    assert verdict.held_true == ("its values are those that were issued",)
    assert verdict.left == ("its figures: give the evidence that it came with, --evidence FILE",)


def test_a_houses_own_papers_are_verified_one_by_one_and_together(shelf):
    found = examine(shelf.store, shelf.press)

    assert (found.faults, [verdict.differs for verdict in found.verdicts]) == ((), [""] * 6)
    assert {left for verdict in found.verdicts for left in verdict.left} == set()


def test_the_version_that_drew_it_up_may_have_worded_it_otherwise(shelf):
    """Figures are compared whatever version drew them up."""

    def other_words(document):
        document["program"] = "Makegood 0.0.1"
        document["sections"][0]["plain"] = ["Other words."]

    def another_figure(document):
        other_words(document)
        document["sections"][0]["counted_ms"] += 1

    read = paper(shelf, "2026-0001")
    worded = verify(shelf.press, forged(shelf.press, read, other_words), evidence(shelf, "2026-0001"))
    figure = verify(shelf.press, forged(shelf.press, read, another_figure), evidence(shelf, "2026-0001"))

    assert worded.differs == ""
    assert worded.left[0].startswith("its words: it was drawn up by Makegood 0.0.1, and this is Makegood ")
    assert "counted_ms of acme-shop" in figure.differs


# --- what differs, in one sentence ----------------------------------------------------------------------


def test_a_paper_that_was_changed_after_it_was_issued(shelf):
    document = deepcopy(dict(paper(shelf, "2026-0001").document))
    document["sections"][0]["credit"]["minor"] = 0

    verdict = verify(shelf.press, read_paper(text_of(document), "x"), evidence(shelf, "2026-0001"))

    assert verdict.differs.startswith(
        "2026-0001 was changed after it was issued: its values have the digest "
    )


def section(**values):
    def change(document):
        document["sections"][0].update(values)

    return change


def credit_line(document):
    document["issue"]["lines"][0]["amount"]["minor"] = 1


FORGED = {
    "less downtime": (
        section(counted_ms=1), "counted_ms of acme-shop is 1 in it, and 7200000 by the evidence",
    ),
    "kept after all": (section(met=True), "met of acme-shop is True in it, and False by the evidence"),
    "no credit": (section(credit=None), "credit of acme-shop is None in it, and 3 values by the evidence"),
    "no outage": (
        section(outages=[]), "outages of acme-shop is 0 values in it, and 1 values by the evidence",
    ),
    "another fee": (
        lambda d: d["sections"][0]["fee"].update(decimal="12.00"),
        "fee.decimal of acme-shop is '12.00' in it, and '1200.00' by the evidence",
    ),
    "another line for billing": (
        credit_line, "issue.lines.0.amount.minor is 1 in it, and 12000 by the evidence",
    ),
    "a decision nobody made": (
        lambda d: d["issue"].update(decisions=[{"agreement": "acme-shop"}]),
        "issue.decisions is 1 values in it, and 0 values by the evidence",
    ),
    "another customer's name": (
        lambda d: d["customer"].update(name="Rival AG"),
        "customer.name is 'Rival AG' in it, and 'acme' by the evidence",
    ),
    "one more value": (lambda d: d.update(extra=1), "extra is 1 in it, and missing by the evidence"),
    "true for one": (
        lambda d: d["sections"][0].update(service_added_ms=False),
        "service_added_ms of acme-shop is False in it, and 0 by the evidence",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), FORGED.values(), ids=FORGED)
def test_a_forged_paper_with_a_seal_of_its_own_does_not_follow_from_the_evidence(shelf, change, sentence):
    read = forged(shelf.press, paper(shelf, "2026-0001"), change)

    verdict = verify(shelf.press, read, evidence(shelf, "2026-0001"))

    assert verdict.differs == f"2026-0001 does not follow from its evidence: {sentence}"


def test_a_correction_that_gives_less_than_the_difference(shelf):
    def less(document):
        document["issue"]["lines"] = []

    read, held = forged(shelf.press, paper(shelf, "2026-0005"), less), paper(shelf, "2026-0002")
    honest = verify(shelf.press, read, evidence(shelf, "2026-0005"), [held])
    assert honest.differs == "", "bert had no credit, so nothing is taken back"

    taken = forged(shelf.press, paper(shelf, "2026-0004"), less)
    verdict = verify(shelf.press, taken, evidence(shelf, "2026-0004"), [paper(shelf, "2026-0001")])
    assert verdict.differs == ""  # an hour of the two still misses 99.9 %: the credit is the same


def test_evidence_that_belongs_to_another_paper(shelf):
    verdict = verify(shelf.press, paper(shelf, "2026-0001"), evidence(shelf, "2026-0003"))

    assert verdict.differs.startswith("2026-0001 was computed from other evidence: it names ")


def test_evidence_that_was_changed(shelf):
    export = evidence(shelf, "2026-0001")
    export["segments"][0][3][1][2] = "DOWN"

    verdict = verify(shelf.press, paper(shelf, "2026-0001"), export)

    assert verdict.differs.startswith("2026-0001 was computed from other evidence")


def test_a_paper_of_another_customer_is_no_witness(shelf):
    verdict = verify(
        shelf.press, paper(shelf, "2026-0004"), evidence(shelf, "2026-0004"), [paper(shelf, "2026-0003")]
    )

    assert verdict.differs == (
        "2026-0003 is a paper of cora and 2026-0004 one of acme: they have nothing to say of each other"
    )


# --- a chain that was made anew -------------------------------------------------------------------------


def test_who_holds_the_paper_before_finds_that_all_of_them_were_made_anew(office, tmp_path):
    from shutil import copytree

    here = office()
    copytree(here.plan.path.parent, tmp_path / "kept")
    honest = filled(replace(here, plan=here.plan))
    held = paper(honest, "2026-0001")

    anew = filled(_from(tmp_path / "kept", office))
    assert examine(anew.store, anew.press).holds, "by itself it is in order"

    newest = paper(anew, "2026-0004")
    verdict = verify(anew.press, newest, evidence(anew, "2026-0004"), [held])
    assert verdict.differs == (
        "2026-0004 does not follow from 2026-0001 as you hold it: the papers before it were replaced"
    )
    found = examine(anew.store, anew.press, held=[held])
    assert found.faults == ("2026-0001 in the ledger is another paper than the one you hold",)


def _from(folder, office):
    """The same house with other terms, as if they had been agreed from the beginning."""
    from monitor.config import load_plan
    from monitor.printing import press
    from monitor.store import open_store

    config = folder / "makegood.toml"
    config.write_text(config.read_text().replace('"10%"', '"5%"'))
    plan = load_plan(config, environ={})
    return replace(office(), plan=plan, store=open_store(plan.settings.database), press=press())


def test_who_holds_a_paper_that_was_cut_off_finds_that_it_is_missing(office):
    here = office()
    issue_month(here, "2026-10", tuple(CUSTOMERS))
    later = replace(here, now=here.now + HOUR)
    held = replace_number(paper(later, "2026-0003"))

    found = examine(here.store, here.press, held=[held])

    assert found.faults == ("2026-0009, which you hold, is not in the ledger",)


def replace_number(read):
    """A paper under a number that the ledger does not have."""
    document = deepcopy(dict(read.document))
    document["issue"]["number"] = "2026-0009"
    return read_paper(text_of(document), "held")


# --- hostile files --------------------------------------------------------------------------------------

DEEP = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
HOSTILE = {
    "nothing": (b"", "not JSON"),
    "no JSON": (b"\x00\x01\x02", "not JSON"),
    "no UTF-8": (b'{"format": "\xff"}', "not JSON"),
    "a list": (b"[1, 2]", "which are one object each"),
    "five thousand levels": (DEEP, "nested deeper than 40 levels"),
    "fifty levels": (b'{"a":' * 50 + b"1" + b"}" * 50, "nested deeper than 40 levels"),
    "five thousand digits": (b'{"a": ' + b"9" * 5_000 + b"}", "not JSON"),
    "a decimal": (b'{"a": 0.1}', "0.1 is not a whole number"),
    "an endless number": (b'{"a": 1e999}', "1e999 is not a whole number"),
    "not a number": (b'{"a": NaN}', "NaN is not a whole number"),
    "a key twice": (b'{"a": 1, "a": 2}', "a key comes twice"),
    "a control character": (b'{"a": "\x1b[2J"}', "not JSON"),
    "something else": (b'{"format": "makegood.internal/1"}', "not an issued statement: format"),
    "a draft": (b'{"format": "makegood.statement/1", "status": "draft"}', "a draft, which was never issued"),
}


@pytest.mark.parametrize(("text", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_paper_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(EvidenceRefused) as refused:
        read_paper(text, "paper.json")
    assert str(refused.value).startswith("paper.json: ")
    assert sentence in str(refused.value)


@pytest.mark.parametrize("character", ["\u001b", "\u0000", "\u202e", "\ud800"])
def test_a_text_that_would_change_what_a_person_sees_is_refused(shelf, character):
    document = deepcopy(dict(paper(shelf, "2026-0001").document))
    document["customer"]["name"] = f"ACME{character}"

    with pytest.raises(EvidenceRefused, match=r"control characters|not an issued statement"):
        read_paper(json.dumps(document).encode(), "paper.json")


def lanes(export):
    export["segments"][0][3][1][0] += 1


EVIDENCE = {
    "no lanes": (lambda e: e.pop("lanes"), "lanes: Field required"),
    "one value more": (lambda e: e.update(extra=1), "extra: Extra inputs are not permitted"),
    "a text for an instant": (lambda e: e["segments"][0].__setitem__(1, "now"), "valid integer"),
    "an instant beyond the end of time": (lambda e: e["segments"][0].__setitem__(1, 10**18), "less than"),
    "a hole in the states": (lanes, "the states of lane 1 overlap or leave a hole"),
}


@pytest.mark.parametrize(("change", "sentence"), EVIDENCE.values(), ids=EVIDENCE)
def test_a_hostile_export_is_refused_with_a_sentence(shelf, change, sentence):
    export = evidence(shelf, "2026-0001")
    change(export)

    with pytest.raises(EvidenceRefused) as refused:
        read_evidence(text_of(export), "evidence.json")
    assert sentence in str(refused.value)


WITH_FILE = 'url = "https://x/"\nheaders = { A = { file = "/etc/passwd" } }'


def with_terms(shelf, old, new):
    """A forger writes other terms and seals everything anew."""
    export = evidence(shelf, "2026-0001")
    assert old in export["terms"]
    export["terms"] = export["terms"].replace(old, new)
    digest = _digest(export)
    return forged(shelf.press, paper(shelf, "2026-0001"), lambda d: d["issue"].update(inputs=digest)), export


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('sla = "gold"', 'sla = "none"'),
        ("[sla.gold]", "[sla.gold"),
        ("from = 2026-01-01", "from = 9999-01-01"),
        ("[customer.acme]", "[customer.other]"),
    ],
)
def test_terms_that_cannot_be_computed_with_are_refused(shelf, old, new):
    with pytest.raises(EvidenceRefused, match="cannot be computed from its evidence"):
        verify(shelf.press, *with_terms(shelf, old, new))


def test_no_file_of_the_verifiers_machine_is_read_for_terms_that_name_one(shelf):
    """The header is nowhere used: the endpoint is not probed by who verifies."""
    verdict = verify(shelf.press, *with_terms(shelf, 'url = "https://withheld.invalid/"', WITH_FILE))

    assert verdict.differs == ""


def _digest(export) -> str:
    from hashlib import sha256

    from monitor.ledger.export import canonical

    return sha256(canonical(export)).hexdigest()


def test_an_export_that_does_not_reach_over_the_period_is_refused(shelf):
    export = evidence(shelf, "2026-0001")
    lane, start, end, rows = export["segments"][0]
    assert start < at("2026-10-01T00:00+02:00") < end
    export["segments"][0] = [lane, start, rows[0][1], rows[:1]]
    digest = _digest(export)
    read = forged(shelf.press, paper(shelf, "2026-0001"), lambda d: d["issue"].update(inputs=digest))

    with pytest.raises(EvidenceRefused, match="the evidence export does not reach"):
        verify(shelf.press, read, export)
