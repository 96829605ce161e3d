"""A problem as it is printed."""

from __future__ import annotations

from monitor.config.problems import ConfigProblems, Problem, dotted


def test_a_problem_says_file_line_path_and_what_to_write() -> None:
    problem = Problem("acme.toml", 4, 14, "sla.x.commitment", '99.9 is not a share: write "99.9%"')
    assert str(problem) == 'acme.toml:4: sla.x.commitment: 99.9 is not a share: write "99.9%"'


def test_a_problem_of_a_whole_file_has_no_path() -> None:
    assert str(Problem("acme.toml", 1, None, "", "cannot be read")) == "acme.toml:1: cannot be read"


def test_a_problem_is_drawn_with_its_line_and_a_caret_beneath_the_column() -> None:
    problem = Problem("acme.toml", 4, 14, "sla.x.commitment", "no share", "commitment = 99.9")
    assert problem.drawn().splitlines() == [
        "acme.toml:4: sla.x.commitment: no share",
        "    commitment = 99.9",
        "                 ^",
    ]


def test_a_problem_without_a_line_to_show_is_drawn_as_its_sentence() -> None:
    problem = Problem("acme.toml", 4, 14, "a", "b")
    assert problem.drawn() == str(problem) == ConfigProblems([problem]).drawn()


def test_a_path_counts_lists_from_one_and_quotes_what_toml_would_quote() -> None:
    assert dotted(("sla", "x", "exclude", 0, "notice")) == "sla.x.exclude[1].notice"
    assert dotted(("sla", "x", "credits", "< 99.9%")) == 'sla.x.credits."< 99.9%"'
    assert dotted(()) == ""
