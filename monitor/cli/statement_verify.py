"""`makegood statement verify` and `export`: figures that nobody has to believe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, talk
from monitor.cli.papers import write_pages
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.ledger.examine import Examined
    from monitor.ledger.verify import Read, Verdict

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("papers", metavar="[PAPER]...", nargs=-1)
@click.option("--evidence", "evidence", metavar="FILE", multiple=True, type=FILE, help="What it rests on.")
@click.option(
    "--held", "held", metavar="FILE", multiple=True, type=FILE, help="Another paper that you kept, as JSON."
)
@as_json
@at_desk
def verify(
    desk: Desk, papers: tuple[str, ...], evidence: tuple[Path, ...], held: tuple[Path, ...], json_: bool
) -> None:
    """Compute statements again, and say what differs.

    PAPER is a statement's JSON file: then nothing but the files is read, and
    each holds its figures against the evidence and the other papers. Or it is
    a number in the database, whose evidence is kept with it; without any, all
    of them are verified, against the journal too. Exits 3 where one differs.
    """
    files = [Path(each) for each in papers if _is_file(each)]
    if files and len(files) < len(papers):
        raise ConfigError("name files or numbers, not both: numbers are looked up in the database")
    if evidence and not files:
        raise ConfigError("--evidence: a number's evidence is in the database; give it with a file")
    if files:
        found = _offline(files, evidence, held)
    else:
        found = _in_the_database(desk, papers, [_paper(each) for each in held])
    if json_:
        show_json(_data(found))
    else:
        show(_lines(found, said_all=bool(papers)))
    if not found.holds:
        raise click.exceptions.Exit(Exit.REFUSED)


def _is_file(word: str) -> bool:
    return word.endswith(".json") or "/" in word or Path(word).is_file()


def _paper(path: Path) -> Read:
    from monitor.ledger.reading import PAPER_BYTES, read_file

    if path.suffix in (".html", ".csv"):
        raise ConfigError(f"{path}: a page cannot be verified by itself: give the JSON that came with it")
    from monitor.ledger.verify import read_paper

    return read_paper(read_file(path, PAPER_BYTES), str(path))


def _export(path: Path) -> dict[str, Any]:
    from monitor.ledger.reading import EVIDENCE_BYTES, read_file
    from monitor.ledger.verify import read_evidence

    return read_evidence(read_file(path, EVIDENCE_BYTES), str(path))


def _offline(files: Sequence[Path], evidence: Sequence[Path], held: Sequence[Path]) -> Examined:
    from monitor.ledger.examine import Examined
    from monitor.ledger.export import canonical
    from monitor.ledger.verify import verify
    from monitor.printing import press

    papers, others = [_paper(each) for each in files], [_paper(each) for each in held]
    exports = [_export(each) for each in evidence]
    by_digest = {sha256(canonical(each)).hexdigest(): each for each in exports}
    verdicts = []
    for paper in papers:
        fallback = exports[0] if exports and len(papers) == 1 else None
        theirs = [other for other in papers if other is not paper and _of_one(paper, other)]
        export: Mapping[str, Any] | None = by_digest.get(paper.head.issue.inputs, fallback)
        verdicts.append(verify(press(), paper, export, [*theirs, *others]))
    return Examined((), tuple(verdicts))


def _of_one(paper: Read, other: Read) -> bool:
    return paper.head.customer_id == other.head.customer_id


def _in_the_database(desk: Desk, numbers: Sequence[str], held: Sequence[Read]) -> Examined:
    from monitor.ledger.examine import examine
    from monitor.printing import press

    return examine(desk.store(desk.plan()), press(), numbers, held)


def _lines(found: Examined, *, said_all: bool) -> list[str]:
    out = [*found.faults]
    for verdict in found.verdicts:
        if verdict.differs:
            out.append(verdict.differs)
        elif said_all:
            out.append(f"{verdict.number} holds:")
            out += [f"  {each}" for each in verdict.held_true]
            out += [f"  not verified: {each}" for each in verdict.left]
    out = [_cleaned(line) for line in out]
    differing = sum(bool(verdict.differs) for verdict in found.verdicts)
    if not said_all:
        count = len(found.verdicts)
        one = count == 1
        differ = f"{differing} of {count} statements differ." if not one else "The only statement differs."
        out.append(differ if differing else "1 statement holds." if one else f"{count} statements hold.")
    return out


def _cleaned(line: str) -> str:
    """What a file says may be meant for the terminal."""
    from reports.format import clean

    return f"{line[: len(line) - len(line.lstrip())]}{clean(line.lstrip())}"


def _data(found: Examined) -> dict[str, object]:
    return {
        "holds": found.holds,
        "faults": list(found.faults),
        "statements": [_verdict_data(each) for each in found.verdicts],
    }


def _verdict_data(verdict: Verdict) -> dict[str, object]:
    return {
        "number": verdict.number,
        "holds": not verdict.differs,
        "differs": verdict.differs or None,
        "verified": list(verdict.held_true),
        "not_verified": list(verdict.left),
    }


@click.command()
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Into this folder [here]."
)
@at_desk
def export(desk: Desk, numbers: tuple[str, ...], out: Path) -> None:
    """Write a statement and all that it rests on, to hand over.

    The pages as they were issued, and NUMBER.evidence.json: the states that were
    measured, the corrections and the terms, without anything internal. With it
    the customer computes every figure again: makegood statement verify.
    """
    from monitor.ledger.reading import unpacked
    from reports.render import write_atomically

    store = desk.store(desk.plan())
    known = {paper.number: paper for paper in store.ledger.papers()}
    unknown = [number for number in numbers if number not in known]
    if unknown:
        raise ConfigError(
            f"there is no statement {', '.join(unknown)}: `makegood statement list` names every one"
        )
    chosen = [known[number] for number in dict.fromkeys(numbers)]
    write_pages(store.ledger, chosen, out)
    for paper in chosen:
        text = unpacked(store.ledger.inputs(paper.seq), paper.number).decode()
        write_atomically(out / f"{paper.number}.evidence.json", text)
        talk(f"Wrote {out / paper.number}.html, .json, .csv and .evidence.json")
