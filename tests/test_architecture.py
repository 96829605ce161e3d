"""Who may know whom. The rooms of the house are read with `ast`; nothing is imported to find out."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path for top in ("monitor", "reports") for path in (ROOT / top).rglob("*.py"))

EVERYTHING = ("monitor", "reports")

VALUES = ("monitor.records",)
"""What every room is made with."""

# A room, and what of the house it may import. The longest name that fits a module is its room.
BASE = ("monitor.errors", "monitor.clock")
CONTRACT = ("monitor.core", "monitor.agreements")
MAY_KNOW: dict[str, tuple[str, ...]] = {
    "monitor": (),
    "monitor.errors": (),
    "monitor.clock": (),
    "monitor.records": (),
    "monitor.people": (),
    "monitor.failpoints": (),
    "monitor.logs": (),
    "monitor.core": ("monitor.core", "monitor.errors"),
    "monitor.agreements": (*CONTRACT, "monitor.errors"),
    "monitor.operations": (
        "monitor.core",
        "monitor.errors",
        "monitor.operations",
        "monitor.store.protocol",
    ),
    "monitor.operations.alert": ("monitor.core",),
    "monitor.operations.alerting": ("monitor.core", "monitor.operations.alert", "monitor.operations.rules"),
    "monitor.operations.report": ("monitor.core", "monitor.operations", "monitor.statements.standing"),
    "monitor.operations.rules": ("monitor.core",),
    "monitor.operations.routes": ("monitor.core",),
    "monitor.operations.queue_rules": ("monitor.core", "monitor.operations.rules"),
    "monitor.operations.kpi": ("monitor.core",),
    "monitor.operations.kpi_rules": ("monitor.core", "monitor.operations.kpi"),
    "monitor.oncall": (
        *CONTRACT,
        "monitor.config.plan",
        "monitor.errors",
        "monitor.oncall",
        "monitor.operations",
        "monitor.statements",
        "monitor.store.protocol",
        "monitor.__version__",
    ),
    "monitor.queue": (
        *CONTRACT,
        "monitor.__version__",
        "monitor.config.plan",
        "monitor.errors",
        "monitor.operations.queue_rules",
        "monitor.queue",
        "monitor.statements",
        "monitor.store.protocol",
    ),
    "monitor.queue.counted": (*CONTRACT, "monitor.queue"),
    "monitor.oncall.own_tickets": (  # the one of the room that writes: what it found, as tickets
        "monitor.config.plan",
        "monitor.core",
        "monitor.errors",
        "monitor.oncall",
        "monitor.operations",
        "monitor.statements",
        "monitor.store.errors",
        "monitor.store.protocol",
        "monitor.store.ticket_protocol",
    ),
    "monitor.alerts": (
        *CONTRACT,
        "monitor.alerts",
        "monitor.config.alerting",
        "monitor.config.endpoint",
        "monitor.config.plan",
        "monitor.errors",
        "monitor.ledger.claims",
        "monitor.ledger.disputes",
        "monitor.ledger.receivables",
        "monitor.listen.answers",
        "monitor.oncall",
        "monitor.operations",
        "monitor.people",
        "monitor.queue",
        "monitor.statements",
        "monitor.store.errors",
        "monitor.store.protocol",
        "reports.format",
    ),
    "monitor.alerts.answering": (
        "monitor.config.plan",
        "monitor.core",
        "monitor.errors",
        "monitor.listen.answers",
        "monitor.oncall",
        "monitor.operations",
        "monitor.store.errors",
        "monitor.store.protocol",
    ),
    "monitor.alerts.channels": (
        "monitor.__version__",
        "monitor.alerts.channels",
        "monitor.config.plan",
        "monitor.core",
        "monitor.errors",
        "monitor.ledger.sending",
        "monitor.operations.alert",  # what came true ends in other words
        "monitor.operations.alert",
        "monitor.postman",
        "monitor.store.protocol",
    ),
    "monitor.alerts.deadman": (
        "monitor.config.endpoint",
        "monitor.config.plan",
        "monitor.core",
        "monitor.statements.disabled",
        "monitor.store.protocol",
    ),
    "monitor.alerts.delivery": (
        "monitor.alerts.channels.message",
        "monitor.config.alerting",
        "monitor.config.plan",
        "monitor.core",
        "monitor.errors",
        "monitor.failpoints",
        "monitor.store.protocol",
    ),
    "monitor.alerts.ways": (
        "monitor.alerts.channels",
        "monitor.alerts.delivery",
        "monitor.config",
        "monitor.core",
        "monitor.errors",
    ),
    "monitor.alerts.companion": (
        *BASE,
        "monitor.alerts",
        "monitor.config",
        "monitor.core",
        "monitor.oncall.own_tickets",
        "monitor.store",
    ),
    "monitor.alerts.__main__": (
        *BASE,
        "monitor.alerts",
        "monitor.config.plan",
        "monitor.logs",
        "monitor.store.lock",
    ),
    "monitor.companion": ("monitor.logs",),
    "monitor.config": (
        *CONTRACT,
        "monitor.config",
        "monitor.errors",
        "monitor.operations.kpi",
        "monitor.operations.kpi_rules",
        "monitor.operations.queue_rules",
        "monitor.operations.alert",
        "monitor.operations.alerting",
        "monitor.operations.routes",
        "monitor.operations.rules",
    ),
    "monitor.probes": (*BASE, "monitor.core", "monitor.config.endpoint", "monitor.probes"),
    "monitor.store": (*BASE, *CONTRACT, "monitor.failpoints", "monitor.store"),
    "monitor.store.protocol": ("monitor.core", "monitor.store.outbox", "monitor.store.ticket_protocol"),
    "monitor.store.outbox": ("monitor.core",),
    "monitor.store.ticket_protocol": ("monitor.core",),
    "monitor.prober": (
        *BASE,
        "monitor.core",
        "monitor.config.endpoint",
        "monitor.store.protocol",
        "monitor.probes",
        "monitor.prober",
    ),
    "monitor.listen": (
        *BASE,
        "monitor.__version__",
        "monitor.config.endpoint",
        "monitor.config.plan",
        "monitor.core",
        "monitor.listen",
        "monitor.prober",
        "monitor.store.protocol",
    ),
    "monitor.statements": (
        *CONTRACT,
        "monitor.config",
        "monitor.store.protocol",
        "monitor.store.ticket_protocol",
        "monitor.statements",
        "monitor.errors",
        "monitor.__version__",
    ),
    "monitor.statements.value": CONTRACT,
    "monitor.statements.standing": CONTRACT,
    "monitor.ledger": (
        *BASE,
        *CONTRACT,
        "monitor.__version__",
        "monitor.config",
        "monitor.failpoints",
        "monitor.ledger",
        "monitor.statements",
        "monitor.store.protocol",
        "monitor.store.ticket_protocol",
        "monitor.store.errors",
    ),
    "monitor.evaluation": (
        *CONTRACT,
        "monitor.config.plan",
        "monitor.config.known",
        "monitor.evaluation",
        "monitor.errors",
    ),
    "monitor.tickets": ("monitor.core", "monitor.errors", "monitor.store.ticket_protocol", "monitor.tickets"),
    "monitor.tickets.receiving": (
        "monitor.core",
        "monitor.listen.answers",
        "monitor.store.ticket_protocol",
        "monitor.tickets.hook",
    ),
    "monitor.tickets.sources": (
        "monitor.config.endpoint",
        "monitor.config.metric_tokens",
        "monitor.config.plan",
        "monitor.config.problems",
        "monitor.errors",
        "monitor.tickets",
    ),
    "monitor.extracts": ("monitor.core", "monitor.errors", "monitor.extracts", "monitor.store.protocol"),
    "monitor.drafting": (
        *CONTRACT,
        "monitor.config.plan",
        "monitor.store.protocol",
        "monitor.statements",
        "monitor.errors",
        "reports",
    ),
    "monitor.apart": ("monitor.errors", "monitor.jobs", "monitor.logs"),
    "monitor.clerk": (
        "monitor.apart",
        "monitor.config.plan",
        "monitor.core",
        "monitor.errors",
        "monitor.retention",
        "monitor.store",
    ),
    "monitor.jobs": (
        "monitor.closing",
        "monitor.config.plan",
        "monitor.core",
        "monitor.drafting",
        "monitor.ledger.retention",
        "monitor.oncall.own_tickets",
        "monitor.reminding",
        "monitor.reporting",
        "monitor.store",
    ),
    "monitor.closing": (
        *BASE,
        "monitor.core",
        "monitor.config.plan",
        "monitor.ledger",
        "monitor.people",
        "monitor.printing",
        "monitor.statements",
        "monitor.store.protocol",
    ),
    "monitor.reminding": (
        *BASE,
        "monitor.config.mail_password",
        "monitor.config.plan",
        "monitor.core",
        "monitor.ledger.reminders",
        "monitor.people",
        "monitor.postman",
        "monitor.store.protocol",
    ),
    "monitor.reporting": (
        "monitor.config.plan",
        "monitor.core",
        "monitor.drafting",
        "monitor.errors",
        "monitor.oncall",
        "monitor.operations",
        "monitor.people",
        "monitor.reminding",
        "monitor.store.protocol",
        "reports",
    ),
    "monitor.retention": (  # what is held is not forgotten
        "monitor.core",
        "monitor.people",
        "monitor.statements.holds",
        "monitor.store",
    ),
    "monitor.postman": ("monitor.config.plan", "monitor.ledger.sending"),
    "monitor.printing": ("monitor.ledger.press", "monitor.statements.value", "reports"),
    "reports": (*CONTRACT, "monitor.statements.value", "monitor.errors", "reports"),
    "reports.internal": (*CONTRACT, "monitor.operations", "monitor.statements.standing", "reports"),
    "reports.render": (
        "monitor.errors",
        "monitor.operations.report",
        "monitor.statements.value",
        "reports",
    ),
    "monitor.cli": EVERYTHING,
    "monitor.daemon": EVERYTHING,
    "monitor.serving": ("monitor.daemon", "monitor.logs"),
    "monitor.demo": EVERYTHING,
    "monitor.__main__": EVERYTHING,
}

ROOTS = (
    "monitor.cli",
    "monitor.daemon",
    "monitor.demo",
    "monitor.serving",
    "monitor.__main__",
)  # nothing else knows these

PURE = (
    "monitor.core",
    "monitor.agreements",
    "monitor.operations",
    "monitor.queue.counted",
    "monitor.extracts.tables",
    "monitor.tickets.course",
    "monitor.tickets.hook",
    "monitor.tickets.jira",
    "monitor.tickets.mapping",
    "monitor.tickets.plain_rows",
    "monitor.tickets.times",
    "monitor.tickets.zendesk",
    "monitor.statements.value",
    "monitor.statements.standing",
    "reports.view",
    "reports.format",
    "reports.words",
    "reports.reader",
    "reports.rarer",
)
PURE_TABLES = {"cronsim", "iso4217"}

ASKS = {
    "time": ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime"),
    "datetime": ("now", "utcnow", "today", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    "date": ("today",),
}
CLOCKS = {f"{owner}.{name}" for owner, names in ASKS.items() for name in names}


def module_name(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(name: str, rooms: tuple[str, ...] | list[str]) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


def room_of(module: str) -> str:
    return max((room for room in MAY_KNOW if within(module, [room])), key=len)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Every imported name, wherever in the file it stands: `from a import b` is `a.b`."""
    out: list[tuple[int, str]] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            out += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute in this house"
            out += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return tuple(out)


@cache
def calls(path: Path) -> tuple[tuple[int, str], ...]:
    found = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    return tuple((node.lineno, ast.unparse(node.func)) for node in found)


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def test_every_file_belongs_to_a_room_that_is_named_here() -> None:
    strays = [
        str(p.relative_to(ROOT))
        for p in FILES
        if room_of(module_name(p)) == "monitor" and p.name != "__init__.py"
    ]
    assert strays == []


@pytest.mark.parametrize("room", sorted(MAY_KNOW))
def test_a_room_knows_only_what_it_may(room: str) -> None:
    trespasses = [
        f"{place(path, line)}: {room} must not know {name}"
        for path in FILES
        if room_of(module_name(path)) == room
        for line, name in imports(path)
        if within(name, EVERYTHING) and not within(name, (*VALUES, *MAY_KNOW[room]))
    ]
    assert trespasses == []


def test_values_are_made_in_one_way() -> None:
    others = [
        place(path, line)
        for path in FILES
        for line, name in imports(path)
        if name == "dataclasses.dataclass" and module_name(path) not in VALUES
    ]
    assert others == []


def test_what_makes_a_customers_page_knows_nothing_of_the_teams() -> None:
    """But for the one file that renders all pages: it hands the value to one template."""
    own = ("reports.internal", "monitor.operations", "monitor.oncall")
    customers = ("reports", "monitor.statements", "monitor.ledger", "monitor.drafting")
    trespasses = [
        f"{place(path, line)}: {name}"
        for path in FILES
        if within(module_name(path), customers)
        if not within(module_name(path), ("reports.internal", "reports.render"))
        for line, name in imports(path)
        if within(name, own)
    ]
    assert trespasses == []


def test_nothing_knows_the_composition_roots() -> None:
    trespasses = [
        f"{place(path, line)}: nothing but a root may know {name}"
        for path in FILES
        if not within(module_name(path), ROOTS)
        for line, name in imports(path)
        if within(name, ROOTS)
    ]
    assert trespasses == []


def test_the_pure_rooms_import_the_standard_library_and_pure_tables_only() -> None:
    allowed = sys.stdlib_module_names | PURE_TABLES | set(EVERYTHING)
    foreign = [
        f"{place(path, line)}: {name}"
        for path in FILES
        if within(module_name(path), PURE)
        for line, name in imports(path)
        if name.split(".")[0] not in allowed
    ]
    assert foreign == []


def test_the_pure_rooms_reach_for_neither_files_nor_sockets_nor_the_environment() -> None:
    barred = {
        "os",
        "io",
        "socket",
        "subprocess",
        "asyncio",
        "threading",
        "logging",
        "random",
        "urllib",
        "shutil",
    }
    found = [
        f"{place(path, line)}: {name}"
        for path in FILES
        if within(module_name(path), PURE)
        for line, name in imports(path)
        if name.split(".")[0] in barred
    ]
    opened = [
        place(path, line)
        for path in FILES
        if within(module_name(path), PURE)
        for line, name in calls(path)
        if name == "open"
    ]
    assert found + opened == []


def test_the_pure_rooms_never_make_a_float() -> None:
    floats = [
        f"{place(path, line)}: {name}(…)"
        for path in FILES
        if within(module_name(path), PURE)
        for line, name in calls(path)
        if name in {"float", "Fraction.from_float", "Decimal.from_float"}
    ]
    assert floats == []


def test_only_the_clock_asks_the_time() -> None:
    askers = [
        f"{place(path, line)}: {name}"
        for path in FILES
        if module_name(path) != "monitor.clock"
        for line, name in (*calls(path), *imports(path))
        if name in CLOCKS
    ]
    assert askers == []


def test_only_one_file_imports_sqlite() -> None:
    importers = {
        module_name(path)
        for path in FILES
        for _, name in imports(path)
        if name.split(".")[0] in {"sqlite3", "pysqlite3"}
    }
    assert importers <= {"monitor.store.sqlite"}


CONNECTS = {"aiodns", "aiohappyeyeballs", "aiosmtplib", "urllib.request", "requests", "httpx"}
CONNECTING = {
    "create_connection",
    "create_datagram_endpoint",
    "open_connection",
    "sock_connect",
    "start_connection",
    "urlopen",
    "ClientSession",
}


def test_only_listed_modules_open_connections() -> None:
    """Where a probe may go is decided in one place, the trail; whoever else could connect would pass it by.

    Webhooks and the dead-man's switch go where the operator says, follow nobody, and read little.
    """
    importers = {
        module_name(path)
        for path in FILES
        for _, name in imports(path)
        if any(name == each or name.startswith(each + ".") for each in CONNECTS)
    }
    callers = {
        module_name(path)
        for path in FILES
        for _, name in calls(path)
        if name.rpartition(".")[2] in CONNECTING
    }
    assert importers == {"monitor.probes.connect", "monitor.probes.resolver", "monitor.postman"}
    assert callers == {
        "monitor.probes.connect", "monitor.alerts.channels.webhook", "monitor.alerts.deadman",
    }  # fmt: skip


PROBE_OF_THE_VALUES = """
import sys
import monitor.config.plan, monitor.statements.value, monitor.statements.standing
print(" ".join(sorted({"pydantic", "iso4217", "monitor.config.load", "monitor.store"} & set(sys.modules))))
"""


def test_the_values_can_be_had_without_what_makes_them() -> None:
    """A fresh interpreter, since this one has imported everything already."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE_OF_THE_VALUES], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


PROBE_OF_THE_READING_PATH = """
import sys
import monitor.cli.budget, monitor.cli.status, monitor.config.load, monitor.store, monitor.statements.health
heavy = {"aiohttp", "rich", "apscheduler", "sqlite_utils", "jinja2"} & set(sys.modules)
print(" ".join(sorted(heavy)))
"""


def test_the_budget_answers_without_importing_the_heavy_libraries() -> None:
    """A fresh interpreter, since this one has imported everything already."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE_OF_THE_READING_PATH],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
