"""Where a monitor and its targets live: on this machine's loopback, or in two networks joined by a cable.

Nothing leaves the machine. What a place needs and does not find is said in a sentence, and skips the kind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

GATEWAY, MONITOR = "10.99.0.1", "10.99.0.2"
TARGETS = tuple(f"10.99.1.{number}" for number in range(1, 9))
SENTINELS = tuple(f"10.99.2.{number}" for number in range(1, 4))
TARGETS6 = tuple(f"fd99:1::{number}" for number in range(1, 9))
PORTAL = {8080: 8090, 8443: 8453, 8025: 8090}
"""The ports of targets, and where a portal answers in their place."""
RESOLVER = f"nameserver {GATEWAY}\noptions timeout:1 attempts:1\n"


class Place:
    """Loopback. `monitor` and `world` are what a command of either begins with."""

    targets: Sequence[str] = ("127.0.0.1",) * 8
    sentinels: Sequence[str] = ("127.0.0.1",) * 3

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.disk = folder
        self.monitor: list[str] = []
        self.world: list[str] = []
        self._open = ExitStack()

    def close(self) -> None:
        """Take everything away again."""
        self._open.close()

    def in_monitor(self, command: str) -> None:
        """Run a command where the monitor is; CalledProcessError where it fails."""
        run(self.monitor, command)

    def in_world(self, command: str) -> None:
        """Run a command where the targets are."""
        run(self.world, command)

    def write_setting(self, name: str, value: str) -> None:
        """Set one of the kernel's settings where the monitor is."""
        run([*self.monitor, "sh", "-c"], f"echo {value} > /proc/sys/{name}", whole=True)

    def beside(self, program: str) -> subprocess.Popen[bytes]:
        """A Python program where the monitor is, once it has said a line."""
        process = subprocess.Popen([*self.monitor, sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        return process

    def _hold(self, *flags: str) -> int:
        """The id of a process that holds new namespaces until the end."""
        holder = subprocess.Popen(
            ["unshare", *flags, "sh", "-c", "echo; exec sleep 86400"], stdout=subprocess.PIPE
        )
        self._open.callback(_end, holder)
        assert holder.stdout is not None
        holder.stdout.readline()
        return holder.pid


class Mounted(Place):
    """Loopback, with a small disk of the monitor's own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.disk = folder / "disk"
        self.disk.mkdir()
        run([], f"mount -t tmpfs -o size=3m tmpfs {self.disk}")
        self._open.callback(run, [], f"umount --lazy {self.disk}")


class Networks(Place):
    """The monitor behind a cable of its own; gateway, targets, sentinels and the name server beyond it."""

    targets = TARGETS
    sentinels = SENTINELS

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        world, monitor = self._hold("--net"), self._hold("--net", "--mount", "--propagation", "private")
        self.world = ["nsenter", "-t", str(world), "-n"]
        self.monitor = ["nsenter", "-t", str(monitor), "-n", "-m"]
        self._holder = monitor
        self.in_world(f"ip link add far type veth peer name near netns {monitor}")
        self._set_up_world()
        self.join()
        resolver = folder / "resolv.conf"
        resolver.write_text(RESOLVER)
        self.in_monitor(f"mount --bind {resolver} /etc/resolv.conf")
        self.in_monitor("nft add table inet fault")
        self.in_world("nft add table inet fault")

    def _set_up_world(self) -> None:
        for command in ("ip link set lo up", "ip link set far up", f"ip addr add {GATEWAY}/24 dev far"):
            self.in_world(command)
        self.in_world("ip -6 addr add fd99:0::1/64 dev far nodad")
        for address in (*TARGETS, *SENTINELS):
            self.in_world(f"ip addr add {address}/32 dev lo")
        for address in TARGETS6:
            self.in_world(f"ip -6 addr add {address}/128 dev lo nodad")

    def join(self) -> None:
        """Addresses and the way out of the monitor's side, as they are when all is well."""
        self.in_monitor("ip link set lo up")
        self.in_monitor("ip link set near up")
        self.in_monitor("ip addr flush dev near")
        self.in_monitor(f"ip addr replace {MONITOR}/24 dev near")
        self.in_monitor("ip -6 addr replace fd99:0::2/64 dev near nodad")
        self.in_monitor(f"ip route replace default via {GATEWAY}")
        self.in_monitor("ip -6 route replace default via fd99:0::1")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def run(prefix: Sequence[str], command: str, *, whole: bool = False) -> None:
    """Run words parted by spaces, or the whole as one; a RuntimeError says what the command said."""
    words = [command] if whole else command.split(" ")
    done = subprocess.run([*prefix, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr.strip()}")


def lacks_root() -> str | None:
    """Why nothing can be done here that root alone may do, or None."""
    if os.geteuid() != 0:
        return "needs root"
    if subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False).returncode:
        return "needs namespaces, which this machine does not let us make"
    return None


def lacks_networks() -> str | None:
    """Why no two networks can be joined here, or None."""
    for tool in ("ip", "tc", "nft", "nsenter"):
        if shutil.which(tool) is None:
            return f"needs the command {tool}"
    return lacks_root()


FAKETIME = tuple(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def lacks_faketime() -> str | None:
    """Why no clock can be set here, or None."""
    return None if FAKETIME else "needs libfaketime (apt-get install libfaketime)"


def cgroup() -> Path | None:
    """The folder of our own control group in which a processor's share can be set, or None."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        root = Path("/sys/fs/cgroup") / ("" if not controllers else "cpu") / path.strip("/")
        if "cpu" in controllers.split(",") or not controllers:
            limit = "cpu.cfs_quota_us" if controllers else "cpu.max"
            if os.access(root, os.W_OK) and (root / limit).exists():
                return root
    return None


def lacks_cgroup() -> str | None:
    """Why no processor's share can be set here, or None."""
    return None if cgroup() else "needs a control group for processors that we may write to"


def nothing() -> str | None:
    """Nothing is needed."""
    return None


def await_true(what: str, holds, patience: float = 120.0) -> None:
    """Return once this holds. AssertionError after `patience` seconds, which no healthy run comes near."""
    until = time.monotonic() + patience
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"it never came about that {what}")
        time.sleep(0.1)
