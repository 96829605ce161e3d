"""By apprise, in a process of its own: with a stand-in for the library, which says what it was asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.alerts.channels.by_apprise import send
from monitor.alerts.channels.message import NotTaken, trial
from tests.alerts.receivers import T0

STAND_IN = """
import json, pathlib, time
class Apprise:
    def add(self, url):
        self.url = url
        return url.startswith("known://")
    def notify(self, title, body):
        if "hangs" in self.url:
            time.sleep(60)
        print("what a library prints goes nowhere")
        asked = [self.url, title, body]
        pathlib.Path(__file__).with_name("asked").write_text(json.dumps(asked))
        return "refuses" not in self.url
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "apprise.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
    return tmp_path


async def test_the_library_is_asked_once_with_title_and_text(library: Path) -> None:
    message = trial("phone", T0)
    assert await send("known://user:secret@host", message) == "taken"
    asked = json.loads((library / "asked").read_text())
    assert asked == ["known://user:secret@host", message.title, message.text]


@pytest.mark.parametrize(
    ("url", "words", "for_good"),
    [
        ("known://refuses", "the service did not take it", False),
        ("other://secret", "the address is of no service that apprise knows", True),
        ("known://hangs", "no answer within 0 s", False),
    ],
)
async def test_what_went_wrong_is_said_without_the_address(
    library: Path, url: str, words: str, for_good: bool
) -> None:
    with pytest.raises(NotTaken) as refused:
        await send(url, trial("phone", T0), seconds=0.4 if "hangs" in url else 30.0)
    assert (str(refused.value), refused.value.for_good) == (words, for_good)


async def test_where_it_is_not_installed_it_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "apprise.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
    with pytest.raises(NotTaken, match=r"pip install makegood\[apprise\]"):
        await send("known://x", trial("phone", T0))
