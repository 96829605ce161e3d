"""docs/cli.md says what the program says: every command, its help to the letter, and its exit codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from monitor.cli.app import makegood
from monitor.errors import Exit

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (makegood[^\n]*)\n\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def commands(command: click.Command, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, *words, name)


ALL = [pytest.param(words, id=" ".join(["makegood", *words])) for words in commands(makegood)]


def found(words: tuple[str, ...]) -> click.Command:
    command: click.Command = makegood
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    return command


def shown(words: tuple[str, ...]) -> str:
    return (
        CliRunner()
        .invoke(makegood, [*words, "--help"], prog_name="makegood", terminal_width=80)
        .stdout.rstrip()
    )


@pytest.mark.parametrize("words", ALL)
def test_the_page_holds_the_help_to_the_letter(words):
    title = " ".join(["makegood", *words])

    assert title in SECTIONS, f"docs/cli.md needs a section for {title}"
    assert f"```text\n{shown(words)}\n```" in SECTIONS[title], f"docs/cli.md should hold:\n{shown(words)}"


@pytest.mark.parametrize("words", ALL)
def test_every_command_that_does_something_tells_its_exit_codes(words):
    does_something = not isinstance(found(words), click.Group)

    assert ("\nExit codes: 0" in SECTIONS[" ".join(["makegood", *words])]) is does_something


def test_the_page_has_no_section_for_a_command_that_is_gone():
    assert set(SECTIONS) == {" ".join(["makegood", *words]) for words in commands(makegood)}


def test_the_page_explains_every_exit_code_and_so_does_the_help():
    told = {int(code) for code in re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)}

    assert told == {int(code) for code in Exit}
    assert all(re.search(rf"\b{int(code)} ", shown(())) for code in Exit)


@pytest.mark.parametrize("words", ALL)
def test_every_command_and_every_option_has_a_sentence(words):
    command = found(words)

    assert command.help
    assert [
        option.opts for option in command.params if isinstance(option, click.Option) and not option.help
    ] == []


README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_configuration_in_the_readme_is_good_and_raises_no_doubt(cli, tmp_path):
    (tmp_path / "makegood.toml").write_text(README.split("```toml\n")[1].split("```")[0], encoding="utf-8")

    answer = cli("config", "check", "--strict")

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout.endswith(" is good: 1 endpoint, 1 service, 1 customer, 1 agreement.\n")


@pytest.mark.parametrize("page", re.findall(r"\]\(([^)]*\.md|LICENSE)\)", README))
def test_every_page_that_the_readme_points_to_is_there(page):
    assert (ROOT / page).is_file()


@pytest.mark.parametrize("line", re.findall(r"^    makegood (.*?)(?:  +#.*)?$", README, re.MULTILINE))
def test_every_command_in_the_readme_exists_with_its_options(line):
    words = line.split()
    command, rest = makegood, words
    while isinstance(command, click.Group):
        command, rest = command.commands[rest[0]], rest[1:]

    known = {name for option in command.params for name in option.opts}
    assert {word for word in rest if word.startswith("--")} <= known
