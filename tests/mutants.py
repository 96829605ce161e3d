"""Would the tests notice? Small faults are put into the money and time modules, one at a time, and tests run.

    python -m tests.mutants --sample 1000 --seed 3 --workers 2
    python -m tests.mutants --sample 1000 --seed 3 --workers 2 --again

Of all the places where an operator, a comparison, a constant, a boundary or a branch could be another one, a
seeded sample is taken. Each mutant lives in a process of its own, into which the changed module is imported
in place of the real one: nothing is written. Some generated cases are computed three ways first, then come
the tests of the module, and for what is left the hardest contract documents. A mutant is killed if anything
fails, or if it takes too long. `--again` asks every test of the agreements and the core of those that
survived. `--list` prints the sample; `--only N` runs one of it.

What lives is looked up in `tests/mutants.toml`, where each is explained: the program does the same with it,
or what it changes is told to nobody. One that is not there is a fact that no test holds: write the test.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, ModuleType

ROOT = Path(__file__).resolve().parent.parent
CORE = ("intervals", "periods", "numbers", "money", "calendars", "cycles")
AGREEMENTS = (
    "account", "allowances", "base", "build", "caps", "clip", "counts", "deadlines", "evaluate", "events",
    "exclude", "fees", "formula", "gate", "grid", "history", "lanes", "limits", "measure", "metrics",
    "notice", "outages", "qualify", "rights", "rounding", "rows", "schedule", "scope", "slots", "spans",
    "together", "unknown",
)  # fmt: skip
TESTS = {  # beside tests/core/test_NAME.py and tests/agreements/test_NAME.py
    "account": ("test_against_the_oracle", "test_invariants", "test_exclude"),
    "allowances": ("test_exclude", "test_against_the_oracle"),
    "base": ("test_limits", "test_schedule"),
    "build": ("test_evaluate", "test_period", "test_qualify"),
    "caps": ("test_limits",),
    "clip": ("test_period", "test_against_the_oracle"),
    "counts": ("test_schedule", "test_unknown"),
    "deadlines": ("test_claim",),
    "evaluate": ("test_evaluate", "test_history"),
    "events": ("test_measure_events",),
    "formula": ("test_formula", "test_period", "test_evaluate"),
    "fees": ("test_fees_of_periods",),
    "gate": ("test_formula", "test_budget"),
    "grid": ("test_measure_slots", "test_measure_metrics"),
    "history": ("test_history",),
    "lanes": ("test_measure_slots", "test_measure_events"),
    "limits": ("test_limits",),
    "measure": ("test_measure_outages",),
    "metrics": ("test_measure_metrics",),
    "notice": ("test_exclude",),
    "outages": ("test_measure_outages", "test_qualify"),
    "rights": ("test_history", "test_together"),
    "rounding": ("test_limits",),
    "rows": ("test_schedule",),
    "slots": ("test_measure_slots",),
    "spans": ("test_limits",),
    "unknown": ("test_unknown", "test_against_the_oracle"),
}
EXPLAINED = ROOT / "tests" / "mutants.toml"
FAR = ("deadlines", "rights", "history", "fees", "numbers", "cycles")  # generated cases hardly go there
SPOKEN = ("say", "phrase", "said", "told", "text", "words", "names", "repr", "str", "listed", "needed")
WORDS = ("_no_share", "number", "_clock", "_instead_of_number", "_quoted", "_text", "_plain", "_unit")
SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.FloorDiv,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
NAMES = {
    "min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor",
    "bisect_left": "bisect_right", "bisect_right": "bisect_left",
}  # fmt: skip
DOCUMENTS = ROOT / "tests" / "agreements" / "test_documents.py"
MOST = 150  # generated cases
LONGEST = 300  # s: a mutant that takes longer hangs; what is left has all its documents to read
KNOWN = "ignore::pytest.PytestAssertRewriteWarning"  # what is imported once for all children


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the module, the node's place in a walk of its tree, and which of the node's changes.

    `within` is the function or class that it is in, which says more than a line and lasts longer.
    """

    module: str
    place: int
    variant: int
    line: int
    before: str
    after: str
    within: str = ""

    @property
    def change(self) -> str:
        """What `tests/mutants.toml` calls it."""
        return f"{self.within}: {self.before} -> {self.after}"

    @property
    def key(self) -> str:
        """Which of all it is."""
        return f"{self.module}:{self.place}:{self.variant}"

    def __str__(self) -> str:
        path = self.module.replace(".", "/") + ".py"
        return f"{path}:{self.line}: {self.before}  ->  {self.after}"


# --- what could be changed -------------------------------------------------------------------------------


def modules() -> list[str]:
    """The modules that are there."""
    named = [f"monitor.core.{name}" for name in CORE] + [f"monitor.agreements.{name}" for name in AGREEMENTS]
    return [name for name in named if source_of(name).exists()]


def source_of(module: str) -> Path:
    return ROOT / (module.replace(".", "/") + ".py")


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree = ast.parse(source_of(module).read_text(encoding="utf-8"))
    silent, within = set(_silent(tree)), _within(tree)
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in silent:
            continue
        for variant, _ in enumerate(changes(node)):
            yield _described(module, node, place, variant, within.get(id(node), "module"))


def _described(module: str, node: ast.AST, place: int, variant: int, within: str) -> Mutant:
    changed = copy.deepcopy(node)
    list(changes(changed))[variant]()
    line = getattr(node, "lineno", 0)
    return Mutant(module, place, variant, line, _short(node), _short(changed), within)


def _within(tree: ast.Module) -> dict[int, str]:
    """The innermost function or class of each node, `Class.method`."""
    found: dict[int, str] = {}

    def walk(node: ast.AST, name: str) -> None:
        for inner in ast.iter_child_nodes(node):
            named = isinstance(inner, ast.FunctionDef | ast.ClassDef)
            here = f"{name}.{inner.name}".lstrip(".") if named else name
            found[id(inner)] = here or "module"
            walk(inner, here)

    walk(tree, "")
    return found


def _short(node: ast.AST) -> str:
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 90 else text[:87] + "..."


def _at(tree: ast.Module, place: int) -> ast.AST:
    for number, node in enumerate(ast.walk(tree)):
        if number == place:
            return node
    raise LookupError(place)


def _silent(tree: ast.AST) -> Iterator[int]:
    """Nodes that compute nothing: words, messages, annotations, bases and decorators."""
    for node in ast.walk(tree):
        for part in _mute(node):
            yield from (id(inner) for inner in ast.walk(part))


def _mute(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that compute nothing."""
    if isinstance(node, ast.FunctionDef):
        spoken = any(word in node.name.strip("_").split("_") for word in SPOKEN)
        return [node] if spoken or node.name in WORDS else [*node.decorator_list, *_annotations(node)]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases]
    if isinstance(node, ast.AnnAssign):
        return [node.annotation]
    if isinstance(node, ast.keyword):  # zip(…, strict=True) asserts, as assert does
        return [node] if node.arg == "strict" else []
    silent = isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert)
    return [node] if silent or (isinstance(node, ast.Assign) and _is_alias(node)) else []


def _annotations(node: ast.FunctionDef) -> list[ast.expr]:
    every = [*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs]
    return [arg.annotation for arg in every if arg.annotation] + ([node.returns] if node.returns else [])


def _is_alias(node: ast.Assign) -> bool:
    """A name for a type, or words by their keys."""
    value, (target, *_) = node.value, node.targets
    if isinstance(value, ast.Dict):
        return all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in value.values)
    named = isinstance(target, ast.Name) and target.id[:1].isupper() and not target.id.isupper()
    return named and isinstance(value, ast.Subscript | ast.BinOp)


def changes(node: ast.AST) -> Iterator[Callable[[], None]]:
    """What can be done to a node, each as an act on it."""
    if isinstance(node, ast.Compare):
        for at, op in enumerate(node.ops):
            yield from (partial(node.ops.__setitem__, at, other()) for other in SWAPS.get(type(op), ()))
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign):
        yield from (partial(setattr, node, "op", other()) for other in SWAPS.get(type(node.op), ()))
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id in NAMES:
            yield partial(setattr, node, "id", NAMES[node.id])
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield partial(setattr, node, "test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield partial(setattr, node, "operand", ast.UnaryOp(ast.Not(), node.operand))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield partial(setattr, node, "op", ast.UAdd())
    elif isinstance(node, ast.comprehension):
        for at in range(len(node.ifs)):
            yield partial(node.ifs.__setitem__, at, ast.Constant(value=True))


def _constants(node: ast.Constant) -> Iterator[Callable[[], None]]:
    if isinstance(node.value, bool):
        yield partial(setattr, node, "value", not node.value)
    elif isinstance(node.value, int):
        yield partial(setattr, node, "value", node.value + 1)
        if node.value > 0:
            yield partial(setattr, node, "value", node.value - 1)


def compiled(mutant: Mutant) -> CodeType:
    """The module's code with the one change in it."""
    path = source_of(mutant.module)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    list(changes(_at(tree, mutant.place)))[mutant.variant]()
    return compile(ast.fix_missing_locations(tree), str(path), "exec")


# --- one mutant in a process of its own ------------------------------------------------------------------


class Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed code to whoever imports the module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.code = compiled(mutant)

    def find_spec(
        self, name: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.mutant.module:
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(source_of(name)))

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


def survives(mutant: Mutant | None, *, whole: bool = False) -> bool:
    """Whether everything passes; asked in a process that ends with the answer. Without a mutant it must.

    `whole` asks every test of the agreements and of the core, for a mutant that its own tests let live.
    """
    if mutant is not None:
        sys.meta_path.insert(0, Loader(mutant))
    asked = [mutant.module] if mutant else modules()
    try:
        if whole:
            return _all_pass()
        cases = _cases(mutant) if mutant else MOST
        return _ways_agree(cases) and _tests_pass(asked) and _documents_agree()
    except BaseException:
        return False


def _cases(mutant: Mutant) -> int:
    """How many generated cases a mutant is asked about; few where their answers hardly depend on it."""
    name = mutant.module.rsplit(".", 1)[1]
    return 5 if name in FAR else 30 if ".core." in mutant.module else MOST


def _ways_agree(cases: int) -> bool:
    """Whether engine, cells and naive pricing agree on the first cases; one that does not is enough."""
    ways = importlib.import_module("tests.agreements.three_ways")
    return not any(ways.many(seed, 1).disagreements for seed in range(cases))


def _tests_pass(asked: list[str]) -> bool:
    return _pass(*dict.fromkeys(file for module in asked for file in tests_of(module)))


def _documents_agree() -> bool:
    return _pass("-k", "worked/b or worked/c", str(DOCUMENTS))


def _all_pass() -> bool:
    """All tests but the generated cases, which were asked before, and the sections, which are slow."""
    rooms = [str(ROOT / "tests" / room) for room in ("core", "agreements", "evaluation")]
    asked = ["--ignore", str(DOCUMENTS), "--ignore", str(ROOT / "tests/agreements/test_three_ways.py")]
    return _pass("-k", "worked or own", str(DOCUMENTS)) and _pass(*asked, *rooms)


def _pass(*asked: str) -> bool:
    import pytest
    from hypothesis import Phase, settings

    settings.register_profile("unshrunk", phases=(Phase.explicit, Phase.generate))
    settings.load_profile("unshrunk")  # that it fails is enough: nobody reads the example
    quiet = ["-x", "-q", "-p", "no:randomly", "-p", "no:xdist", "--no-header", "-W", KNOWN]
    return pytest.main([*quiet, *asked]) == 0


def tests_of(module: str) -> list[str]:
    """The test files that know the module, and the edges, of which each holds one fact of some module."""
    name = module.rsplit(".", 1)[1]
    room = ROOT / "tests" / ("core" if ".core." in module else "agreements")
    wanted = (f"test_{name}", *TESTS.get(name, ()))
    files = [path for each in wanted if (path := room / f"{each}.py").exists()]
    files = files or [ROOT / "tests/agreements/test_evaluate.py"]
    edges = sorted((ROOT / "tests" / "agreements").glob("test_edges*.py"))
    return [str(path) for path in dict.fromkeys([*files, *edges])]


def run(mutant: Mutant | None, longest: float = LONGEST, *, whole: bool = False) -> str:
    """What becomes of it ("killed", "survived", "too long") in a child of this process."""
    child = os.fork()
    if not child:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os._exit(0 if survives(mutant, whole=whole) else 1)
    end = time.monotonic() + longest
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "survived" if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0 else "killed"
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "too long"


# --- many ------------------------------------------------------------------------------------------------


def sample(size: int, seed: int) -> list[Mutant]:
    """So many of all mutants, always the same for a seed."""
    every = [mutant for module in modules() for mutant in mutants(module)]
    return random.Random(seed).sample(every, min(size, len(every)))


def work(chosen: list[Mutant], out: Path, *, whole: bool) -> None:
    """Runs them one after the other and notes what became of each."""
    for mutant in chosen:
        begun = time.monotonic()
        outcome = run(mutant, whole=whole)
        told = {
            "key": mutant.key,
            "mutant": str(mutant),
            "outcome": outcome,
            "seconds": round(time.monotonic() - begun, 1),
        }
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")


def all_of(chosen: list[Mutant], workers: int, out: Path, *, whole: bool = False) -> None:
    """Each worker is a process with every n-th of them."""
    children = []
    for number in range(workers):
        child = os.fork()
        if not child:
            work(chosen[number::workers], out, whole=whole)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def told_in(out: Path) -> dict[str, dict[str, str]]:
    """What became of each mutant, the last time that it was asked."""
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return {each["key"]: each for each in lines}


def explained() -> dict[str, dict[str, str]]:
    """Why those live that do: by module, by change."""
    with EXPLAINED.open("rb") as file:
        return tomllib.load(file)


def report(out: Path, chosen: Sequence[Mutant]) -> bool:
    """Prints what became of them; whether nine in ten were killed and every other is explained."""
    told = told_in(out)
    why = explained()
    counts = Counter(each["outcome"] for each in told.values())
    alive = [each for each in chosen if told.get(each.key, {}).get("outcome") == "survived"]
    unexplained = [each for each in alive if each.change not in why.get(each.module, {})]
    for each in sorted(unexplained, key=str):
        print(f"survived, and nothing explains it: {each}, in {each.within}")
    killed = len(told) - counts["survived"]
    print(f"{killed:,} of {len(told):,} killed, {100 * killed / max(1, len(told)):.1f} % ({dict(counts)})")
    print(f"{len(alive) - len(unexplained):,} of the {len(alive):,} that survived are explained")
    return killed >= 0.9 * len(told) and not unexplained


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--sample", type=int, default=1_000)
    options.add_argument("--seed", type=int, default=3)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--first", type=int, default=0, help="leave out so many of the sample")
    options.add_argument("--list", action="store_true", help="print the sample and run nothing")
    options.add_argument("--only", type=int, help="run one of the sample, by its place")
    options.add_argument("--again", action="store_true", help="ask all tests of those that survived before")
    options.add_argument("--out", type=Path, default=ROOT / "build" / "mutants.jsonl")
    said = options.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ["CI"] = "true"  # property tests draw the same examples each time
    chosen = sample(said.sample, said.seed)
    if said.list:
        print("\n".join(f"{place:5} {mutant}" for place, mutant in enumerate(chosen)))
        return
    if said.only is not None:
        print(chosen[said.only], run(chosen[said.only]))
        return
    for heavy in ("pytest", "hypothesis", "zoneinfo", "_pytest", "hypothesis.strategies"):
        importlib.import_module(heavy)  # once, and not in every child
    if run(None, 10 * LONGEST, whole=said.again) != "survived":
        sys.exit("the tests fail without any mutant: mend them first, or every mutant seems to be noticed")
    said.out.parent.mkdir(parents=True, exist_ok=True)
    if said.again:
        before = told_in(said.out)
        alive = [m for m in chosen if before.get(m.key, {}).get("outcome") == "survived"]
        all_of(alive, said.workers, said.out, whole=True)
    else:
        said.out.unlink(missing_ok=True)
        all_of(chosen[said.first :], said.workers, said.out)
    sys.exit(not report(said.out, chosen))


if __name__ == "__main__":
    main()
