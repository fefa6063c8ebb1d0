"""What a process takes of the machine's memory, by the kernel's own account (proc(5))."""

from pathlib import Path


def memory_of(what: str, pid: int | str = "self") -> int:
    """Return octets: `VmRSS` now, `VmHWM` the most so far, `RssAnon` without mapped files; 0 if gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(what + ":")), 0)


def reset_peak() -> None:
    """Let `VmHWM` of this process begin anew."""
    Path("/proc/self/clear_refs").write_text("5")
