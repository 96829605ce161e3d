"""What people told of outages is part of the paper and of its evidence; what is internal in it is not."""

from __future__ import annotations

import json
from dataclasses import replace

from monitor.core.checks import Reason
from monitor.core.intervals import Span
from monitor.core.timeline import Outage, outage_id
from monitor.ledger.amending import amendment, confirm
from monitor.ledger.issuing import issue_month
from monitor.ledger.proposals import propose
from monitor.ledger.verify import verify
from monitor.statements.notes import noted
from monitor.statements.reported import Report, told
from tests.ledger.house import DOWN, NOW, at
from tests.ledger.shelf import evidence, paper

CLOCK = {'exclude = ["force majeure"]': 'outage = { starts = "reported", ends = "ticket closed" }'}


def said(service: str = "acme-shop", **more):
    """Reported at 12:30, closed at 14:30 UTC: two hours, by the clerk on a letter."""
    values = {
        "seq": 0, "service": service, "resource": "", "outage": outage_id(DOWN[0]), "customer": "",
        "began": DOWN[0], "reported": at("2026-10-06T12:30Z"), "detected": None,
        "closed": at("2026-10-06T14:30Z"), "ticket": "INC-47", "never": False, "reason": "the clerk's reason",
        "evidence": "sha256:secret letter.pdf", "author": "ines", "recorded": NOW - 1,
    }  # fmt: skip
    return told(Report(**{**values, **more}))


def test_what_was_told_is_on_the_paper_and_the_paper_follows_from_its_evidence(office):
    ours = office(**CLOCK)
    (refused,) = issue_month(ours, "2026-10", ["acme"]).refused
    assert "say it (makegood outage report SERVICE/OUTAGE" in str(refused.error)
    ours.store.journal.append([said()])

    issue_month(ours, "2026-10", ["acme"])

    read = paper(ours, "2026-0001")
    (outage,) = read.document["sections"][0]["outages"]
    assert outage["told"] == {
        "reported": "2026-10-06T12:30:00.000Z", "detected": None, "closed": "2026-10-06T14:30:00.000Z",
        "ticket": "INC-47",
    }  # fmt: skip
    assert read.document["sections"][0]["credit"]["minor"] == 12_000
    verdict = verify(ours.press, read, evidence(ours, "2026-0001"))
    assert (verdict.differs, verdict.left) == ("", ())


def test_the_evidence_has_no_reason_no_author_and_nothing_of_others(office):
    ours = office(**CLOCK)
    ours.store.journal.append(
        [said(), said("bert-shop", ticket="BERTS"), said(customer="bert", ticket="ONLY-BERTS")]
    )

    issue_month(ours, "2026-10", ["acme"])

    text = json.dumps(evidence(ours, "2026-0001"))
    assert "INC-47" in text
    for internal in ("the clerk's reason", "secret", "letter.pdf", "ines", "BERTS"):
        assert internal not in text


def test_a_note_for_a_customer_is_in_their_paper_and_evidence_and_in_no_other(office):
    ours = office()
    seen = Outage(outage_id(DOWN[0]), (Span(*DOWN),), Reason.TIMEOUT, None, DOWN[0], DOWN[0], None)
    written = (("A fibre was cut near Ulm.", ["acme"]), ("Only Bert reads this", ["bert"]), ("Ask Jo", []))
    ours.store.journal.append(
        [noted("acme-shop", "", seen, text, whom, "ines", NOW - 1) for text, whom in written]
    )

    issue_month(ours, "2026-10", ["acme"])

    read, export = paper(ours, "2026-0001"), evidence(ours, "2026-0001")
    assert read.document["sections"][0]["outages"][0]["notes"] == ["A fibre was cut near Ulm."]
    verdict = verify(ours.press, read, export)
    assert (verdict.differs, verdict.left) == ("", ())
    text = json.dumps(export) + json.dumps(dict(read.document))
    assert not [internal for internal in ("Only Bert", "bert", "Ask Jo", '"ines"') if internal in text]


def test_a_report_that_comes_later_proposes_an_amendment_and_a_note_does_not(office):
    """Nobody reported it, it was thought: 0.00. Then the letter was found: two hours, 10 % of 1,200.00."""
    ours = office(**CLOCK)
    nobody = {"reported": None, "closed": None, "ticket": "", "never": True}
    ours.store.journal.append([said(**nobody)])
    issue_month(ours, "2026-10", ["acme"])
    seen = Outage(outage_id(DOWN[0]), (Span(*DOWN),), Reason.TIMEOUT, None, DOWN[0], DOWN[0], None)
    ours.store.journal.append([noted("acme-shop", "", seen, "We are sorry.", ["acme"], "ines", NOW)])
    assert propose(ours) == {}

    ours.store.journal.append([said(recorded=NOW)])

    assert list(propose(ours)) == ["2026-0001"]
    prepared = amendment(replace(ours, now=NOW + 1), "2026-0001", "The letter was found")
    assert [(line.amount.minor, line.reason) for line in prepared.lines] == [(12_000, "correction")]
    confirm(replace(ours, now=NOW + 1), prepared)
    verdict = verify(
        ours.press, paper(ours, "2026-0002"), evidence(ours, "2026-0002"), [paper(ours, "2026-0001")]
    )
    assert (verdict.differs, verdict.left) == ("", ())
