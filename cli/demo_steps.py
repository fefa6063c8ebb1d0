"""Processes of `jauge demo`: start, follow, stop, and the network namespace of the live variant.

Whatever happens, `Steps` ends the processes that it started and `VethPair` removes its namespace.
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.exits import Exit, Refusal

ROOT: Final = Path(__file__).resolve().parent.parent
PARTS: Final = ("privacy", "school", "collector", "analyzer", "simulator", "cli")
"""What the demonstration's store depends on; the pages are drawn afresh each time."""
SOURCES: Final = {".py", ".yaml", ".csv"}
STEP_S: Final = 120.0
"""No step takes a quarter of this on two slow cores."""
LISTEN_S: Final = 240.0
"""A first start compiles the packet loop: half a minute alone, several beside other work."""
GRACE_S: Final = 10.0
NAMESPACE: Final = "jauge-demo-"
MTU: Final = 65_535


def sources_digest() -> str:
    """Return a digest of everything that shapes the store: another version starts afresh."""
    state = hashlib.sha256()
    for part in PARTS:
        for path in sorted((ROOT / part).rglob("*")):
            if path.suffix in SOURCES:
                state.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return state.hexdigest()[:16]


class Step:
    """One running process; its standard output is JSON lines, the last one is the result."""

    def __init__(self, title: str, command: list[str], bar: Progress) -> None:
        self.title = title
        self._bar = bar
        self._task = bar.add_task(title, total=None)
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the step
        self._last: dict[str, Any] = {}
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=Steps.environment(),
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        if self.process.stdout is None:
            return
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict):
                    self._hear(said)

    def _hear(self, said: dict[str, Any]) -> None:
        if said.keys() == {"done", "total"}:
            self._bar.update(self._task, completed=said["done"], total=said["total"] or None)
        else:
            self._last = said

    def stop(self) -> None:
        """Ask the process to flush and end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def result(self) -> dict[str, Any]:
        """Wait for the end and return the last JSON object.

        Raises:
            Refusal: the process failed or took too long; its own sentence is passed on.
        """
        try:
            code = self.process.wait(STEP_S)
        except subprocess.TimeoutExpired:
            raise Refusal(f"{self.title}: not done after {STEP_S:.0f} s", Exit.INTERNAL) from None
        self._reader.join(GRACE_S)
        if code != 0:
            raise Refusal(f"{self.title}: {self._complaint()}", _exit_of(code))
        self._bar.update(self._task, total=1, completed=1)
        return self._last

    def _complaint(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"ended with code {self.process.returncode}"

    def end(self) -> None:
        """End the process if it still runs, politely first, and free what it held."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(GRACE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()


def _exit_of(code: int) -> Exit:
    return Exit(code) if code in set(Exit) else Exit.INTERNAL


class Steps:
    """The processes of one demonstration; leaving the context ends those still running."""

    def __init__(self, *, quiet: bool) -> None:
        self._steps: list[Step] = []
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True, quiet=quiet or not sys.stderr.isatty()),
        )

    def __enter__(self) -> Self:
        """Show the progress."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End what still runs."""
        for step in reversed(self._steps):
            step.end()
        self._bar.stop()

    @staticmethod
    def environment() -> dict[str, str]:
        """Return the environment of a step: ours, and the source tree when not installed."""
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}

    def start(self, title: str, module: str, *arguments: str, prefix: tuple[str, ...] = ()) -> Step:
        """Start `python -m module arguments` and return it, running."""
        command = [*prefix, sys.executable, "-m", module, *arguments]
        step = Step(title, command, self._bar)
        self._steps.append(step)
        return step

    def run(
        self, title: str, module: str, *arguments: str, prefix: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Start a step, wait for it and return its result.

        Raises:
            Refusal: it failed.
        """
        return self.start(title, module, *arguments, prefix=prefix).result()


def _ip(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("ip") or "ip"
    return subprocess.run(  # noqa: S603 - fixed program, no shell
        [program, *arguments], capture_output=True, text=True, check=True, timeout=GRACE_S
    )


def live_possible() -> str | None:
    """Return None when namespaces can be made here, else why not, in one sentence."""
    if os.geteuid() != 0:
        return "not root: the collector reads the packets from a file"
    if shutil.which("ip") is None:
        return "iproute2 is missing: the collector reads the packets from a file"
    try:
        with VethPair():
            return None
    except (subprocess.SubprocessError, OSError):
        return "no network namespace here: the collector reads the packets from a file"


class VethPair:
    """Two connected interfaces in a network namespace of their own; leaving removes both."""

    outside: Final = "jauge-out"
    """Where packets are sent in."""
    inside: Final = "jauge0"
    """Where the collector listens."""

    def __init__(self) -> None:
        self._name = f"{NAMESPACE}{os.getpid()}"
        self.prefix = (shutil.which("ip") or "ip", "netns", "exec", self._name)

    def __enter__(self) -> Self:
        """Make the namespace and the pair.

        Raises:
            subprocess.SubprocessError: not possible here.
        """
        _remove_orphans()
        _ip("netns", "add", self._name)
        try:
            inside = ("-n", self._name)
            _ip(*inside, "link", "add", self.outside, "type", "veth", "peer", "name", self.inside)
            for end in (self.outside, self.inside):
                # No IPv6 autoconfiguration: the pair carries the day's packets and nothing else.
                _ip(*inside, "link", "set", end, "mtu", str(MTU), "addrgenmode", "none", "up")
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the namespace; the pair goes with it."""
        self._remove()

    def _remove(self) -> None:
        with contextlib.suppress(subprocess.SubprocessError):
            _ip("netns", "delete", self._name)

    def wait_for_listener(self, collector: Step) -> None:
        """Wait until a packet socket is open in the namespace.

        Raises:
            Refusal: the collector ended, or does not listen in time.
        """
        until = time.monotonic() + LISTEN_S
        while time.monotonic() < until:
            if collector.process.poll() is not None:
                collector.result()
                raise Refusal("the collector ended before the first packet", Exit.INTERNAL)
            table = Path(f"/proc/{collector.process.pid}/net/packet")
            # The first line is a heading. `ip netns exec` keeps the process id of the collector.
            with contextlib.suppress(OSError):
                own = Path(f"/proc/{collector.process.pid}/ns/net").readlink()
                if own != Path("/proc/self/ns/net").readlink() and _bound(table):
                    return
            time.sleep(0.05)
        raise Refusal(
            f"the collector does not listen after {LISTEN_S:.0f} s (a first start compiles the packet loop);"
            " run it again, or `jauge capture --interface lo` to see what it says",
            Exit.INTERNAL,
        )


def _bound(table: Path) -> bool:
    """Say whether a packet socket in this table is running (bound to an interface and up)."""
    rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]
    # Columns: sk RefCnt Type Proto Iface Running …
    return any(running == "1" and interface != "0" for _, _, _, _, interface, running, *_ in rows)


def _remove_orphans() -> None:
    """Remove namespaces of demonstrations that were killed outright."""
    for line in _ip("netns", "list").stdout.splitlines():
        name = line.split()[0]
        owner = name.removeprefix(NAMESPACE)
        if owner != name and owner.isdigit() and not Path(f"/proc/{owner}").exists():
            with contextlib.suppress(subprocess.SubprocessError):
                _ip("netns", "delete", name)
