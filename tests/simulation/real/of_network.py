"""Faults of the monitor's own network: its link, its way out, its name server, its firewall."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from monitor.core.checks import Reason
from tests.simulation.real.fault import Begin, Fault, Kind, last, until
from tests.simulation.real.life import Life, Settings
from tests.simulation.real.of_process import SHORT, STALLS
from tests.simulation.real.place import PORTAL, Networks, lacks_networks

OURS = frozenset({Reason.OWN_NETWORK}) | STALLS
NAMES = frozenset({Reason.OWN_DNS}) | OURS
SENTINELS = ("s0", "s1", "s2")
ASKING = Settings(sentinels=True)
NAMED = Settings(sentinels=True, named=True)
CHAIN = "nft add chain inet fault {hook} {{ type filter hook {hook} priority 0 ; }}"


def link(*commands: str) -> Begin:
    """Something is taken from the monitor's own side, and given back."""
    return until(lambda life: [life.place.in_monitor(each) for each in commands], lambda life: _joined(life))


def _joined(life: Life) -> None:
    assert isinstance(life.place, Networks)
    life.place.join()


def rules(side: str, hook: str, *said: str) -> Begin:
    """Rules of a packet filter on one side, the monitor's or the world's."""

    def place(life: Life) -> Callable[[str], None]:
        return life.place.in_monitor if side == "monitor" else life.place.in_world

    def do(life: Life) -> None:
        place(life)(CHAIN.format(hook=hook))
        for each in said:
            place(life)(f"nft add rule inet fault {hook} {each}")

    return until(do, lambda life: place(life)(f"nft delete chain inet fault {hook}"))


def flapping(seconds: float, times: int) -> Begin:
    """A flap at whatever moment it comes."""

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        for number in range(times):
            with rules("world", "input", "drop")(life):
                last(seconds)
            last(2.3 + 0.37 * number)
        yield

    return begin


def name_server(way: str) -> Begin:
    return until(
        lambda life: life.servers.tell("name_server", way),
        lambda life: life.servers.tell("name_server", "answer"),
    )


def sentinels(way: str, *names: str) -> Begin:
    return until(
        lambda life: [life.target(name, way) for name in names],
        lambda life: [life.target(name, "serve") for name in names],
    )


def portal(status: int) -> Begin:
    """Whoever asks anybody gets the portal's answer; TLS gets a certificate that is not the right one."""

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        life.target("portal", "portal", status)
        life.target("portal_tls", "portal", status)
        life.place.in_world("nft add chain inet fault portal { type nat hook prerouting priority -100 ; }")
        for port, to in PORTAL.items():
            life.place.in_world(f"nft add rule inet fault portal tcp dport {port} redirect to :{to}")
        try:
            yield
        finally:
            life.place.in_world("nft delete chain inet fault portal")

    return begin


def trickle(rate: str) -> Begin:
    """So little comes through."""
    shape = f"tc qdisc add dev near root tbf rate {rate} burst 1600 latency 400ms"
    return until(
        lambda life: life.place.in_monitor(shape),
        lambda life: life.place.in_monitor("tc qdisc del dev near root"),
    )


HOLDER = (
    "import socket,sys,time\n"
    "held=[]\n"
    "for p in range(61500,61502):\n"
    " s=socket.socket(); s.bind(('0.0.0.0',p)); s.listen(); held.append(s)\n"
    "print(flush=True); time.sleep(600)\n"
)


@contextmanager
def no_ports(life: Life) -> Iterator[None]:
    """All ports that connections may begin from are taken."""
    before = "32768 60999"
    holder = life.place.beside(HOLDER)
    life.place.write_setting("net/ipv4/ip_local_port_range", "61500 61501")
    try:
        yield
    finally:
        holder.kill()
        holder.wait()
        life.place.write_setting("net/ipv4/ip_local_port_range", before)


def _kind(name: str, catalogue: str, faults: list[Fault], reasons: frozenset[Reason] = OURS, **more) -> Kind:
    options = {"settings": ASKING, "place": Networks, "lacks": lacks_networks, **more}
    return Kind(name, catalogue, faults, reasons, **options)


LOSS = "meta l4proto tcp numgen random mod 100 < 40 drop"
KINDS = (
    _kind(
        "own link down",
        "F70",
        [
            Fault("link down", 8, link("ip link set near down")),
            Fault("no route", 8, link("ip route del default", "ip route del 10.99.0.0/24")),
            Fault("no address", 8, link("ip addr flush dev near")),
            Fault("link and loopback down", 8, link("ip link set near down", "ip link set lo down")),
        ],
        certain=True,
    ),
    _kind(
        "own link down, no sentinels",
        "F70",
        [
            Fault("no route", 8, link("ip route del default", "ip route del 10.99.0.0/24")),
            Fault("no address", 8, link("ip addr flush dev near")),
            Fault("link down", 8, link("ip link set near down")),
        ],
        certain=True,
        settings=Settings(),
    ),
    _kind(
        "uplink flaps", "F71", [Fault(f"{s} s, four times", 0, flapping(s, 4)) for s in (0.7, 1.5, 2.5, 3)]
    ),
    _kind(
        "upstream dead",
        "F72",
        [
            Fault("drops", 8, rules("world", "input", "ip daddr { 10.99.1.0/24, 10.99.2.0/24 } drop")),
            Fault("drops for long", 20, rules("world", "input", "ip daddr != 10.99.0.1 drop")),
            Fault(
                "says unreachable",
                8,
                rules("world", "input", "ip daddr != 10.99.0.1 reject with icmp type host-unreachable"),
            ),
        ],
        certain=True,
    ),
    _kind(
        "resolver dead",
        "F73",
        [Fault(way, 10, name_server(way)) for way in ("silent", "servfail", "nothing")],
        NAMES,
        certain=True,
        settings=NAMED,
    ),
    _kind(
        "loss near us",
        "F74",
        [
            Fault("of what comes in", 12, rules("monitor", "input", LOSS)),
            Fault("of what goes out", 12, rules("monitor", "output", LOSS)),
            Fault("of what comes in again", 12, rules("monitor", "input", LOSS)),
        ],
    ),
    _kind(
        "own firewall",
        "F76",
        [
            Fault("drops", 8, rules("monitor", "output", "meta l4proto tcp drop")),
            Fault("resets", 8, rules("monitor", "output", "meta l4proto tcp reject with tcp reset")),
            Fault(
                "prohibits",
                8,
                rules("monitor", "output", "meta l4proto tcp reject with icmpx type admin-prohibited"),
            ),
        ],
        certain=True,
    ),
    _kind(
        "IPv6 broken",
        "F77",
        [
            Fault("drops", 12, rules("world", "input", "ip6 daddr fd99:1::/64 tcp dport 1-65535 drop")),
            Fault(
                "no way",
                12,
                until(
                    lambda life: life.place.in_monitor("ip -6 route add unreachable fd99:1::/64"),
                    lambda life: life.place.in_monitor("ip -6 route del unreachable fd99:1::/64"),
                ),
            ),
            Fault(
                "vanishes",
                12,
                until(
                    lambda life: life.place.in_monitor("ip -6 route add blackhole fd99:1::/64"),
                    lambda life: life.place.in_monitor("ip -6 route del blackhole fd99:1::/64"),
                ),
            ),
        ],
        settings=NAMED,
        meanwhile=True,
    ),
    _kind(
        "connection table full",
        "F78",
        [
            Fault(
                f"{n} a second are let through",
                10,
                rules(
                    "monitor",
                    "output",
                    f"tcp flags & (syn|ack) == syn limit rate over {n}/second burst 1 packets drop",
                ),
            )
            for n in (1, 2, 3)
        ],
        OURS | SHORT,
    ),
    _kind(
        "ports used up",
        "F68",
        [Fault(f"for {s} s", s, no_ports) for s in (6, 8, 10)],
        OURS | SHORT,
        certain=True,
    ),
    _kind(
        "captive portal",
        "F79",
        [Fault(f"says {s}", 10, portal(s)) for s in (200, 302, 511)],
        NAMES,  # its redirect leads to a name that nobody resolves
        certain=True,
    ),
    _kind(
        "large packets lost",
        "F80",
        [
            Fault(f"beyond {n} bytes", 10, rules("monitor", "input", f"meta length > {n} drop"))
            for n in (600, 800, 1000)
        ],
    ),
    _kind(
        "one sentinel down",
        "F81",
        [
            Fault(f"{name} {way}", 14, sentinels(way, name))
            for name, way in zip(SENTINELS, ("closed", "silent", "status"), strict=True)
        ],
        meanwhile=True,
    ),
    _kind(
        "all sentinels down",
        "F82",
        [Fault(way, 16, sentinels(way, *SENTINELS)) for way in ("closed", "silent", "status")],
    ),
    _kind("a trickle", "F83", [Fault(rate, 12, trickle(rate)) for rate in ("8kbit", "4kbit", "16kbit")]),
)
