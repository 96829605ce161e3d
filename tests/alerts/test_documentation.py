"""What docs/alerts.md says of how alerts are told, held against what is done."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.alerts.channels.message import SHOWN
from monitor.alerts.channels.webhook import WHOLE, signature
from monitor.alerts.companion import LOOK
from monitor.alerts.delivery import FIRST_WAIT, LONGEST_WAIT, TRIES_FOR_GOOD
from monitor.core.intervals import MINUTE, SECOND
from monitor.operations.telling import FOLLOWS

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")


@pytest.fixture
def is_ours() -> Callable[..., bool]:
    """The example that receivers copy."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Callable[..., bool]] = {}
    exec(code, names)
    return names["is_ours"]


def test_the_example_knows_a_message_of_ours_and_no_other(is_ours: Callable[..., bool]) -> None:
    body, at = b'{"alerts": []}', 1_796_000_000
    header = signature("a secret", body, at)
    assert is_ours(header, body, "a secret", at + 10)
    assert not is_ours(header, body + b" ", "a secret", at + 10)
    assert not is_ours(header, body, "another", at + 10)
    assert not is_ours(header, body, "a secret", at + 301), "sent again by somebody, later"
    assert not is_ours(header.replace(str(at), str(at + 300)), body, "a secret", at + 301)


@pytest.mark.parametrize(
    "words",
    [
        f"every {LOOK:.0f} seconds",
        f"answered within {WHOLE:.0f} seconds",
        f"the first {SHOWN} are written out",
        f"after {FIRST_WAIT // SECOND} s, 10 s, 20 s and so on up to {LONGEST_WAIT // MINUTE} minutes",
        f"waits up to {FOLLOWS // MINUTE} minutes for whatever else goes",
        f"is asked {({3: 'three'})[TRIES_FOR_GOOD]} times",
    ],
)
def test_the_numbers_are_those_that_hold(words: str) -> None:
    assert words in PAGE.replace("\n", " ").replace("  ", " ")
