"""The program as a whole: its errors, its configuration, its colours."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from socket import AF_INET

import pytest
from click.testing import CliRunner

from monitor import __version__
from monitor.cli.app import makegood
from monitor.cli.config import unpermitted
from monitor.config import load_plan
from monitor.store import open_store
from monitor.store.protocol import Holder


def test_the_version_is_the_packages():
    answer = CliRunner().invoke(makegood, ["--version"], prog_name="makegood")

    assert (answer.exit_code, answer.stdout) == (0, f"makegood {__version__}\n")


def test_help_lists_the_commands_in_the_order_in_which_they_are_used():
    listed = CliRunner().invoke(makegood, ["--help"]).stdout.split("Commands:\n")[1].split("\n\n")[0]

    assert [line.split()[0] for line in listed.splitlines()] == [
        "init", "config", "sla", "check", "probe", "run", "endpoint", "status", "log", "replay", "coverage",
        "budget", "targets", "outages", "outage", "incident", "alerts", "kpi", "metric", "tickets", "queue",
        "maintenance", "exclude", "approve", "report", "statement", "claim", "dispute", "claims", "sides",
        "credits", "exposure", "whatif", "backtest", "shadow", "explain", "evaluate", "audit", "verify",
        "storage", "export", "sql", "backup", "restore", "doctor", "demo",
    ]  # fmt: skip


def test_a_command_that_is_none_is_a_usage_error(cli):
    assert cli("statsu").exit_code == 2


def test_a_configuration_that_is_named_too_late_is_told_its_place():
    answer = CliRunner().invoke(makegood, ["sla", "list", "--config", "x.toml"], prog_name="makegood")

    assert answer.exit_code == 2
    assert answer.stderr.splitlines()[-1] == (
        "Error: --config goes before the command: makegood --config FILE sla list"
    )


def test_a_configuration_that_is_not_there_is_a_sentence_without_a_traceback(cli, tmp_path):
    answer = cli("status")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == (
        f"there is no {tmp_path}/makegood.toml; `makegood init` writes one to start from, "
        "or name yours: --config FILE\n"
    )


def test_a_database_that_is_not_there_yet_says_what_to_run(cli, tmp_path):
    (tmp_path / "makegood.toml").write_text('[endpoint.web]\nurl = "http://127.0.0.1:1/"\ninterval = "1m"\n')

    answer = cli("status")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "`makegood run` makes it" in answer.stderr


def test_every_mistake_in_the_file_is_shown_with_its_line(cli, tmp_path):
    (tmp_path / "makegood.toml").write_text(
        '[endpoint.web]\nurl = "http://127.0.0.1:1/"\ninterval = 60\ncolour = "red"\n'
    )

    answer = cli("config", "check")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "makegood.toml:3: endpoint.web.interval" in answer.stderr
    assert 'makegood.toml:4: endpoint.web: unknown key "colour"' in answer.stderr


def test_a_program_gets_the_mistakes_as_data(cli, tmp_path):
    (tmp_path / "makegood.toml").write_text('[endpoint.web]\nurl = "http://127.0.0.1:1/"\ninterval = 60\n')

    answer = cli("config", "check", "--json")

    (problem,) = json.loads(answer.stdout)["problems"]
    assert (answer.exit_code, problem["line"], problem["path"]) == (2, 3, "endpoint.web.interval")


def test_the_environment_names_the_configuration(house, clock):
    answer = CliRunner().invoke(
        makegood, ["config", "check"], obj=clock, env={"MAKEGOOD_CONFIG": str(house / "makegood.toml")}
    )

    assert answer.exit_code == 0
    assert (
        answer.stdout
        == f"{house}/makegood.toml is good: 2 endpoints, 2 services, 2 customers, 2 agreements.\n"
    )


CHANNELS = """
[channel.chat]
webhook = { env = "CHAT_URL" }
secret = { file = "chat.secret" }
[alerts]
teams = { payments = ["chat"] }
ping = { env = "PING_URL" }
[metric.orders]
token = { env = "ORDERS_TOKEN" }
[listen]
hooks = "127.0.0.1:9120"
"""


def test_what_cannot_be_read_when_something_is_sent_is_warned_of(house, clock):
    path = house / "makegood.toml"
    path.write_text(path.read_text(encoding="utf-8") + CHANNELS, encoding="utf-8")

    def said(**known: str) -> list[str]:
        answer = CliRunner().invoke(
            makegood, ["--config", str(path), "config", "check"], obj=clock, env=known
        )
        assert answer.exit_code == 0
        named = ("channel.", "alerts.", "metric.")
        return [text for line in answer.stderr.splitlines()
                if (text := line.partition(" warning: ")[2]).startswith(named)]  # fmt: skip

    found = {line.partition(": ")[0]: line.rpartition("; ")[2] for line in said()}
    assert found == {
        "channel.chat.webhook": "nobody is told by this channel",
        "channel.chat.secret": "nobody is told by this channel",
        "alerts.ping": "nobody outside is called",
        "metric.orders.token": "nobody can push it",
        "alerts.teams.payments": found["alerts.teams.payments"],
    }
    assert "no service is of this team" in found["alerts.teams.payments"]
    assert any("the variable CHAT_URL is not set" in line for line in said())
    assert any("chat.secret cannot be read: no such file" in line for line in said())
    (house / "chat.secret").write_text("for tests only", encoding="utf-8")
    known = dict.fromkeys(("CHAT_URL", "PING_URL", "ORDERS_TOKEN"), "https://somewhere.example/")
    assert len(said(**known)) == 1


def test_warnings_are_talk_and_fail_only_when_they_should(cli, house):
    loose, strict = cli("config", "check"), cli("config", "check", "--strict")

    assert (loose.exit_code, strict.exit_code) == (0, 2)
    first = loose.stderr.splitlines()[0]
    assert re.match(rf"{house}/makegood.toml:\d+: warning: [a-z]+\.[a-z-]+: ", first)
    assert loose.stdout == strict.stdout


ECHOES = """
[endpoint.router]
icmp = "192.0.2.1"
family = "ipv4"

[endpoint.far]
icmp = "2001:db8::1"
family = "ipv6"

[endpoint.web]
url = "https://shop.example/"
"""


def test_echoes_that_the_system_does_not_permit_are_warned_of(tmp_path):
    """By family: this user may have a socket for the one and none for the other."""
    (tmp_path / "makegood.toml").write_text(ECHOES, encoding="utf-8")
    plan = load_plan(tmp_path / "makegood.toml", environ={})

    (said,) = unpermitted(plan, lambda family: family == AF_INET)

    assert said == (
        "endpoint.far.icmp: the system does not permit echo requests to this user, and the state will be "
        "unknown: widen net.ipv4.ping_group_range, or give CAP_NET_RAW"
    )
    assert list(unpermitted(plan, lambda family: True)) == []


def test_aloud_the_defaults_are_read_too(cli, house):
    answer = cli("config", "check", "--aloud")

    assert "\nACME GmbH, Checkout: SLA Gold, from 2026-01-01 (acme-checkout)\n" in answer.stdout
    assert "25 % of the month's fee" in answer.stdout


def test_init_writes_a_file_that_is_good_and_never_writes_over_one(cli, tmp_path):
    first, second = cli("init", str(tmp_path / "new")), cli("init", str(tmp_path / "new"))
    path = tmp_path / "new" / "makegood.toml"

    assert (first.exit_code, first.stdout) == (0, f"{path}\n")
    assert cli("config", "check", config=path).exit_code == 0
    assert (second.exit_code, second.stdout) == (2, "")
    assert second.stderr.startswith(f"{path} is there already")


def test_a_second_monitor_on_one_database_is_told_who_holds_it(house):
    """In a process of its own, since the daemon sets up logging and signals."""
    plan = load_plan(house / "makegood.toml", environ={})
    command = [sys.executable, "-m", "monitor", "--config", str(house / "makegood.toml"), "run"]
    with open_store(plan.settings.database).writer(Holder(4711, "host", "the first one", 0)):
        second = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (second.returncode, second.stdout) == (7, "")
    assert "the first one" in second.stderr
    assert "4711" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_descriptor_that_is_not_open_is_refused_before_anything_starts(cli):
    answer = cli("run", "--ack-fd", "987")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith("--ack-fd: 987 is not open; ")


def test_the_demo_leaves_a_folder_alone_that_is_not_its_own(cli, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")

    answer = cli("demo", "--no-wait", "--dir", str(tmp_path))

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"{tmp_path} is not empty")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


READ_ONLY = """
import sys
from types import SimpleNamespace
from click.testing import CliRunner
from monitor.cli.app import makegood
path, at, *words = sys.argv[1:]
answer = CliRunner().invoke(makegood, ["--config", path, *words], obj=SimpleNamespace(now=lambda: int(at)))
heavy = {"aiohttp", "apscheduler", "asyncio", "jinja2", "rich", "sqlite_utils"}
print(answer.exit_code, *sorted(heavy & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [("budget", "0"), ("status", "1"), ("outages", "0"), ("explain acme", "0"), ("maintenance list", "0")],
)
def test_a_command_that_only_reads_loads_nothing_heavy(house, clock, words, said):
    """In a fresh interpreter, since this one has loaded everything already."""
    command = [sys.executable, "-c", READ_ONLY, str(house / "makegood.toml"), str(clock.at), *words.split()]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout == f"{said}\n"


LOADED = """
import sys
from types import SimpleNamespace
from click.testing import CliRunner
from monitor.cli.app import makegood
path, at = sys.argv[1:]
clock = SimpleNamespace(now=lambda: int(at))
answer = CliRunner().invoke(makegood, ["--config", path, "budget", "--json"], obj=clock)
house = {name for name in sys.modules if name.startswith(("monitor.cli.", "reports."))}
print(answer.exit_code, *sorted(house | {"iso4217", "monitor.statements.value"} & set(sys.modules)))
"""


def test_a_command_loads_neither_the_other_commands_nor_the_papers(house, clock):
    """In a fresh interpreter, since this one has loaded everything already."""
    command = [sys.executable, "-c", LOADED, str(house / "makegood.toml"), str(clock.at)]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.split() == [
        "0", "monitor.cli.app", "monitor.cli.budget", "monitor.cli.desk", "monitor.cli.directory",
        "monitor.cli.layout",
    ]  # fmt: skip


def test_a_command_that_is_misspelt_is_told_the_one_that_is_meant(cli):
    assert "Did you mean 'budget'?" in cli("budgte").stderr


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_that_want_it(house, env, coloured):
    """A real terminal, since a pipe never gets any."""
    shown = on_a_terminal(
        [sys.executable, "-m", "monitor", "--config", str(house / "makegood.toml"), "status"], env
    )

    assert "Checkout" in shown
    assert ("\x1b[" in shown) is coloured


def on_a_terminal(command: list[str], env: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**plain, **env}
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not part:
                break
            shown += part
        process.wait()
    os.close(ours)
    return shown.decode()


def program(config: Path, *words: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "monitor", "--config", str(config), *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "check": False, "timeout": 30}
    return subprocess.run(command, **(pipes | more))  # type: ignore[call-overload]


LODZ = '[endpoint.shop]\nurl = "http://127.0.0.1/"\n[service.lodz]\ntitle = "Łódź"\nup_when = "shop"\n'


@pytest.fixture
def lodz(tmp_path: Path) -> Path:
    """A configuration with letters that not every terminal has, and its empty database."""
    config = tmp_path / "makegood.toml"
    config.write_text(LODZ, encoding="utf-8")
    with open_store(tmp_path / "makegood.db", create=True).writer(Holder(0, "", "", 0)):
        pass
    return config


def test_a_terminal_that_lacks_a_letter_shows_its_number(lodz):
    shown = program(lodz, "status", env=os.environ | {"PYTHONIOENCODING": "latin-1"})

    assert b"\\u0141\xf3d\\u017a" in shown.stdout
    assert shown.stderr == b""


def test_a_reader_that_has_read_enough_is_no_answer_of_no(lodz):
    read, write = os.pipe()
    os.close(read)

    done = program(lodz, "status", stdout=write)
    os.close(write)

    assert (done.returncode, done.stderr) == (141, b"")


def test_text_that_is_not_utf8_is_refused_in_a_sentence(lodz):
    window = ("--start", "2099-01-01T00:00Z", "--lasting", "1h", "--id", "new-year")
    program(lodz, "maintenance", "add", "lodz", *window)

    done = program(lodz, "maintenance", "cancel", "new-year", "--reason", b"caf\xe9")  # type: ignore[arg-type]

    assert done.returncode == 2
    assert b"is not text in UTF-8" in done.stderr
