"""`makegood statement list` and `show`: what was issued, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.late_told import of_document
from monitor.cli.layout import owed, show, show_json, table, talk, utc
from monitor.cli.papers import amounts, credits_of, day_of, issued_on, office_of, paper_data, spoken_credit
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.money import Amount
    from monitor.ledger.disputes import Dispute
    from monitor.ledger.proposals import Proposal
    from monitor.ledger.sending import Delivery
    from monitor.store.protocol import Paper, Store

HEAD = ("NUMBER", "KIND", "CUSTOMER", "PERIOD", "ISSUED", "SENT", "CREDIT", "STATE")


@click.command(name="list")
@click.option("--customer", metavar="ID", help="This customer's alone.")
@click.option("--period", metavar="MONTH", help="Those of this month alone.")
@click.option("--refresh", is_flag=True, help="Compute each again first, and say which would differ now.")
@as_json
@at_desk
def list_(desk: Desk, customer: str | None, period: str | None, refresh: bool, json_: bool) -> None:
    """Every paper that was issued, oldest first, and what became of it.

    Where late evidence or a correction would change one, an amendment is
    proposed; the daemon looks by itself.
    """
    plan = desk.plan()
    store = desk.store(plan)
    if refresh:
        _refresh(desk, plan, customer, period)
    everything = store.ledger.papers()
    papers = [p for p in everything if customer in (None, p.customer) and period in (None, p.period)]
    states, credits = states_of(store, everything), credits_of(store.ledger)
    told = since_of(store)
    if json_:
        show_json([
            paper_data(p, credits.get(p.seq, ())) | states[p.number].data | _told(p, told) for p in papers
        ])  # fmt: skip
    elif papers:
        rows = [
            (
                p.number, p.kind, p.customer, p.period, issued_on(plan, p),
                _sent(plan, p, told.sent.get(p.number)),
                spoken_credit(credits.get(p.seq, ())), states[p.number].words,
            )
            for p in papers
        ]  # fmt: skip
        show(table(HEAD, rows, right=(6,)))
    else:
        show(["No statement is issued."])


def _sent(plan: Plan, paper: Paper, delivery: Delivery | None) -> str:
    """The day on which a paper was sent, or what else is known of its sending."""
    if delivery is None:
        return "-"
    return day_of(plan, paper, delivery.at) if delivery.state == "sent" else delivery.state


def _told(paper: Paper, told: Since) -> dict[str, object]:
    sent = told.sent.get(paper.number)
    open_ = [each.id for each in told.disputes if each.number == paper.number and each.state != "closed"]
    return {
        "sent": None if sent is None else {"state": sent.state, "at": utc(sent.at), "to": list(sent.to)},
        "disputes": open_,
    }


def _refresh(desk: Desk, plan: Plan, customer: str | None, period: str | None) -> None:
    from monitor.ledger.proposals import propose

    propose(
        office_of(desk, plan),
        customers=None if customer is None else [customer],
        periods=None if period is None else [period],
    )


CODES = {
    "stands": "stands",
    "amended by": "amended",
    "taken back by": "reversed",
    "takes back": "reversal",
}
"""For a program: what became of a paper; `by` is the paper that did it, or that was reversed."""


class State:
    """What became of a paper."""

    def __init__(self, name: str, by: str = "", proposal: Proposal | None = None) -> None:
        self.name = name
        self.by = by
        self.proposal = proposal

    @property
    def words(self) -> str:
        """For a person."""
        if self.proposal is None:
            return f"{self.name} {self.by}".rstrip()
        return f"amendment proposed: {_change(self.proposal)}"

    @property
    def data(self) -> dict[str, object]:
        """For a program."""
        proposal = self.proposal
        proposed = proposal and {
            "before": [owed(each) for each in proposal.before],
            "after": [owed(each) for each in proposal.after],
            "figures": proposal.differs,
        }
        return {"state": CODES[self.name], "by": self.by or None, "proposed": proposed}


def _change(proposal: Proposal) -> str:
    if proposal.before == proposal.after:
        return f"{proposal.differs} figures, the same credit"
    return f"credit {_sum(proposal.before)} -> {_sum(proposal.after)}"


def _sum(credits: Sequence[Amount]) -> str:
    return spoken_credit(credits) if credits else "none"


def states_of(store: Store, papers: Sequence[Paper]) -> Mapping[str, State]:
    """The state of every paper, by its number."""
    from monitor.ledger.chains import chains
    from monitor.ledger.proposals import KINDS, standing

    with store.snapshot() as snapshot:
        proposed = standing(snapshot.events(kinds=KINDS))
    found: dict[str, State] = {}
    for chain in chains(papers):
        for paper, then in zip(chain.papers, (*chain.papers[1:], None), strict=True):
            if then is not None:
                word = "taken back by" if then.kind == "reversal" else "amended by"
                found[paper.number] = State(word, then.number)
            elif paper.kind == "reversal":
                found[paper.number] = State("takes back", chain.papers[-2].number)
            else:
                found[paper.number] = State("stands", proposal=proposed.get(paper.number))
    return found


@click.command(name="show")
@click.argument("number")
@click.option("--html", "form", flag_value="html", help="The page as it was issued, byte by byte.")
@click.option("--csv", "form", flag_value="csv", help="The same as CSV.")
@click.option("--json", "form", flag_value="json", help="The same as JSON: the sealed document.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Into this file.")
@at_desk
def show_(desk: Desk, number: str, form: str | None, out: Path | None) -> None:
    """What a statement says: its services, its credit, and the papers around it.

    With a form, exactly what was issued.
    """
    from monitor.errors import ConfigError

    plan = desk.plan()
    store = desk.store(plan)
    paper = store.ledger.paper(number)
    if paper is None:
        raise ConfigError(f'there is no statement "{number}": `makegood statement list` names every one')
    if form is None:
        from monitor.ledger.amending import document_of

        text = "\n".join(_shown(document_of(store.ledger, paper), store, paper)) + "\n"
        content = text.encode()
    else:
        content = store.ledger.page(paper.seq, form)
    if out is None:
        click.echo(content, nl=False)
        return
    from reports.render import write_atomically

    write_atomically(out, content.decode())
    talk(f"Wrote {out}")


def _shown(document: Mapping[str, Any], store: Store, paper: Paper) -> Iterator[str]:
    from monitor.cli.differing import table_of
    from monitor.ledger.differences import amount

    issue = document["issue"]
    yield f"{document['notice']}, number {paper.number}"
    yield f"{document['customer']['name']}, issued {issue['at']} by {paper.author}"
    yield ""
    sections = document["sections"]
    head = SECTIONS if not any(map(_alone, sections)) else (*SECTIONS[:2], "FIGURE", *SECTIONS[3:])
    yield from table(head, [_section(each) for each in sections], right=(2, 3, 4, 5))
    for each in sections:
        yield from of_document(each, (each["period"] or document["period"])["zone"])
    yield ""
    for total in document["totals"] if paper.kind != "reversal" else ():
        yield f"Credit: {amounts([amount(total['credit'])])}"
    if issue["reason"]:
        yield f"Reason: {issue['reason']}"
    for each in issue["decisions"]:
        yield f"Decided for {each['agreement']}: {amounts([amount(each['amount'])])}, {each['reason']}"
    if issue["lines"]:
        yield ""
        yield from table(
            ("AGREEMENT", "GIVES", "REASON"),
            [(x["agreement"], amounts([amount(x["amount"])]), x["reason"]) for x in issue["lines"]],
            right=(1,),
        )
        yield f"Set against {issue['sets_against']}."
    if issue["differences"]:
        yield ""
        yield from table_of(issue["differences"])
    yield ""
    yield from _since(store, paper)
    yield from _around(store, paper)
    yield f"Digest {issue['digest']}"


def _since(store: Store, paper: Paper) -> Iterator[str]:
    """What happened to it since: to whom it was sent, and what is disputed."""
    told = since_of(store)
    sent = told.sent.get(paper.number)
    if sent is not None:
        yield f"{sent.state.capitalize()} to {', '.join(sent.to)} on {utc(sent.at)}: {sent.words}"
    for dispute in told.disputes:
        if dispute.number == paper.number:
            end = "" if dispute.outcome is None else f", {dispute.outcome} on {dispute.closed}"
            yield f"Disputed on {dispute.on} ({dispute.id}{end}): {dispute.claim}"


@dataclass(frozen=True, slots=True)
class Since:
    """What the journal tells of papers after their issue."""

    sent: Mapping[str, Delivery]
    disputes: Sequence[Dispute]


def since_of(store: Store) -> Since:
    """Deliveries and disputes of every paper."""
    from monitor.ledger import disputes, sending

    with store.snapshot() as snapshot:
        events = tuple(snapshot.events(kinds=disputes.KINDS | sending.KINDS))
    return Since(
        sending.deliveries(event for event in events if event.kind in sending.KINDS),
        disputes.disputes(event for event in events if event.kind in disputes.KINDS),
    )


SECTIONS = ("SERVICE", "AGREEMENT", "AVAILABILITY", "COUNTED", "FEE", "CREDIT", "RESULT")


def _alone(section: Mapping[str, Any]) -> bool:
    """Whether it promises nothing but times of tickets: its figure is no availability then."""
    return bool((section.get("tickets") or {}).get("alone"))


def _section(section: Mapping[str, Any]) -> tuple[str, ...]:
    from monitor.ledger.differences import amount, share

    fee = section["fee"]
    return (
        section["service"],
        section["agreement"],
        *(_answered(section) if _alone(section) else _measured(section)),
        f"{fee['decimal'] or share(fee)} {fee['currency']}",
        amounts([amount(section["credit"])]),
        {True: "met", False: "missed"}.get(section["met"], "not determinable"),
    )


def _measured(section: Mapping[str, Any]) -> tuple[str, str]:
    """The availability, and the downtime that counts."""
    from monitor.ledger.differences import share
    from reports.format import PLAIN, availability, duration

    seen = share(section["availability"])
    return "-" if seen is None else availability(seen, PLAIN), duration(section["counted_ms"], PLAIN)


def _answered(section: Mapping[str, Any]) -> tuple[str, str]:
    """The figure of responses in its own unit, a share of them in time or a time, and how many were late."""
    from monitor.ledger.differences import share
    from reports.format import PLAIN, availability, clean, number
    from reports.sentences import RESPONSES

    found, told = share(section["availability"]), section["tickets"]
    late = sum(len(each["late"]) for each in told["promises"])
    counted = sum(x["in_time"] + x["late"] for each in told["promises"] for x in each["counts"])
    of = RESPONSES["late_of"].format(late=f"{late:,}", counted=f"{counted:,}")
    if found is None:
        return "-", of
    if told["unit"]:
        return f"{number(found, PLAIN)} {clean(told['unit'])}", of
    return f"{availability(found, PLAIN)} in time", of


def _around(store: Store, paper: Paper) -> Iterator[str]:
    """The chain that the paper stands in, where it was corrected or corrects."""
    from monitor.ledger.chains import chains

    papers = store.ledger.papers(customer=paper.customer, period=paper.period)
    chain = next(chain for chain in chains(papers) if paper in chain.papers)
    if len(chain.papers) > 1:
        yield "Corrections: " + ", ".join(f"{each.number} ({each.kind})" for each in chain.papers)
