"""What is recorded of certificates: each once, and again where it was renewed."""

from __future__ import annotations

from monitor.alerts.certified import KINDS, Keeper, known
from monitor.core.intervals import DAY, HOUR
from monitor.store import open_store

NOW = 1_790_000_000_000


def test_a_certificate_is_recorded_once_and_again_where_it_was_renewed(tmp_path):
    store = open_store(tmp_path / "m.db", create=True)
    until = NOW + 20 * DAY

    def kept():
        with store.snapshot() as snapshot:
            return [(event.subject, event.body["until"]) for event in snapshot.events(kinds=KINDS)]

    Keeper().keep(store, {"web": until}, NOW)
    Keeper().keep(store, {"web": until + 23 * HOUR}, NOW + HOUR)  # another run, and the same one to a day
    assert kept() == [("web", until)]

    Keeper().keep(store, {"web": until + 90 * DAY, "api": until}, NOW + DAY)
    assert kept() == [("web", until), ("api", until), ("web", until + 90 * DAY)]
    with store.snapshot() as snapshot:
        assert known(snapshot.events(kinds=KINDS)) == {"api": until, "web": until + 90 * DAY}
