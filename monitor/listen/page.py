"""The page of an alert's link: what its letter says, and who has taken it up. No script, no link, no more.

It may be opened on a telephone at night. It stands alone and lets nothing in: no other site may frame it, and
its form goes nowhere but back to us.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from html import escape
from typing import Final

from monitor.core.intervals import Ms
from monitor.core.periods import local
from monitor.listen.answers import Shown

STYLE: Final = """
:root{color-scheme:light dark;--paper:#fff;--ink:#15181c;--soft:#555c66;--line:#868d97;--link:#1b4f9c}
@media (prefers-color-scheme:dark){:root{--paper:#121417;--ink:#e8eaed;--soft:#a6adb8;--line:#757d89;
--link:#8ab4f8}}
*{box-sizing:border-box}html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:400 15px/24px -apple-system,BlinkMacSystemFont,
"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;
font-variant-numeric:tabular-nums lining-nums;
overflow-wrap:anywhere}
main{max-width:736px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:28px;line-height:36px;font-weight:600;margin:0 0 16px;text-wrap:balance}
p{margin:0 0 8px}.soft{color:var(--soft)}
form{border-top:1px solid var(--ink);margin-top:40px;padding-top:16px}
label{display:block;font-size:13px;line-height:20px;color:var(--soft)}
input,button{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:0;
min-height:44px;padding:8px 12px;margin:0 8px 16px 0}
input{display:block;width:100%;max-width:320px}
button{border-color:var(--ink);font-weight:600}
input:focus-visible,button:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media (max-width:640px){main{padding:24px 16px 32px}h1{font-size:22px;line-height:30px}}
"""
_DIGEST: Final = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
NAME: Final = 80
"""Characters of a name at most."""
FORM: Final = (
    '<form method="post">\n<label for="who">Your name, if you want it kept</label>\n'
    f'<input id="who" name="who" maxlength="{NAME}" autocomplete="name">\n'
    '<button type="submit">Acknowledge</button>\n'
    '<p class="soft">You take it up, and alerts about it go no further.</p>\n</form>\n'
)


def alert(shown: Shown, zone: str) -> str:
    """The page of an alert, with times in this zone."""
    told = [f"<p><bdi>{_clean(line)}</bdi></p>" for line in shown.lines if line.strip()]
    told.append(f'<p class="soft">Since {_when(shown.since, zone)}.</p>')
    if shown.incident:
        told.append(f'<p class="soft">Incident <bdi>{_clean(shown.incident)}</bdi>.</p>')
    if shown.ended is not None:
        told.append(f"<p>Over since {_when(shown.ended, zone)}.</p>")
    if shown.acknowledged is not None:
        by = f" by <bdi>{_clean(shown.by)}</bdi>" if shown.by else ""
        told.append(f"<p>Acknowledged{by}, {_when(shown.acknowledged, zone)}.</p>")
    else:
        told.append('<p class="soft">Nobody has acknowledged it.</p>')
    form = FORM if shown.acknowledged is None and shown.ended is None else ""
    return _page(_clean(shown.title), "\n".join(told) + "\n" + form)


def notice(sentence: str) -> str:
    """A page that says one sentence."""
    return _page(_clean(sentence), "")


def _page(heading: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{heading}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1><bdi>{heading}</bdi></h1>\n{body}</main>\n</body>\n</html>\n"
    )


def _clean(text: str) -> str:
    """One line, for HTML, without what is not printed: control characters, and those that turn the line."""
    return escape(" ".join("".join(c if c.isprintable() else " " for c in text).split()))


def _when(at: Ms, zone: str) -> str:
    """`6 Oct 2026, 14:02:10 CEST`."""
    when = local(at, zone)
    return f"{when.day} {when:%b %Y, %H:%M:%S %Z}"
