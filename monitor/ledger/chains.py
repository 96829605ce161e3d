"""Papers in their order of succession: a statement, what amended it, and what took it back.

Of one customer and period at most one chain stands. The newest paper of a chain speaks for it; after a
reversal the period is free, and a new statement begins a new chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from monitor.errors import ConfigError
from monitor.records import dataclass
from monitor.store.protocol import Paper, Seq


@dataclass(frozen=True, slots=True)
class Chain:
    """The papers that correct one another, oldest first."""

    papers: tuple[Paper, ...]

    @property
    def newest(self) -> Paper:
        """The paper that holds for the chain."""
        return self.papers[-1]

    @property
    def stands(self) -> bool:
        """Whether it was not taken back."""
        return self.newest.kind != "reversal"


def chains(papers: Iterable[Paper]) -> tuple[Chain, ...]:
    """Every chain, by the order of its first paper."""
    found: dict[tuple[str, str], list[list[Paper]]] = {}
    for paper in papers:
        known = found.setdefault((paper.customer, paper.period), [])
        if paper.corrects is None:
            known.append([])
        known[-1].append(paper)
    each = [Chain(tuple(run)) for runs in found.values() for run in runs]
    return tuple(sorted(each, key=lambda chain: chain.papers[0].seq))


def by_period(papers: Iterable[Paper]) -> Mapping[tuple[str, str], Chain]:
    """The last chain of each customer and period."""
    return {(chain.newest.customer, chain.newest.period): chain for chain in chains(papers)}


def newest_of(papers: Sequence[Paper], number: str) -> Chain:
    """The chain whose newest paper has this number; ConfigError names the one that has, or what to do."""
    for chain in chains(papers):
        if number not in {paper.number for paper in chain.papers}:
            continue
        last = chain.newest
        if not chain.stands:
            raise ConfigError(
                f"{number} no longer stands: {last.number} took it back; the period can be issued again: "
                f"makegood statement issue --customer {last.customer} --period {last.period}"
            )
        if last.number != number:
            raise ConfigError(f"{number} was amended, and {last.number} is the newest: name that one")
        return chain
    raise ConfigError(f'there is no statement "{number}": `makegood statement list` names every one')


def once(before: Chain | None, customer: str, period: str) -> str:
    """What makes issuing this period again the same act; after a reversal, `before`, it is another."""
    after: Seq = 0 if before is None else before.newest.seq
    return f"statement/{customer}/{period}/{after}"
