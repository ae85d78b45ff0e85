"""What the kernel says of an instance's processes."""

import re
from pathlib import Path

from tests.harness.instance import Instance

_PROC = Path("/proc")


def children(pid: int) -> list[int]:
    """Return the processes a process started that still run."""
    return [
        int(path.parent.name)
        for path in _PROC.glob("[0-9]*/status")
        if _figure(path, "PPid") == pid
    ]


def family(instance: Instance) -> list[int]:
    """Return every process of an instance, the one that was started first."""
    found = [instance.pid]
    for pid in found:
        found += children(pid)
    return found


def web_workers(instance: Instance) -> list[int]:
    """Return the processes that answer requests."""
    servers = [pid for pid in children(instance.pid) if "gunicorn" in _command(pid)]
    return [worker for server in servers for worker in children(server)]


def peak_mib(pid: int) -> float:
    """Return the most memory a process has held at once, in MiB."""
    return _figure(_PROC / str(pid) / "status", "VmHWM") / 1024


def resident_mib(instance: Instance) -> float:
    """Return the memory all processes of an instance hold, shared pages once each."""
    return (
        sum(
            _figure(_PROC / str(pid) / "smaps_rollup", "Pss")
            for pid in family(instance)
        )
        / 1024
    )


def _figure(path: Path, name: str) -> int:
    try:
        match = re.search(rf"^{name}:\s+(\d+)", path.read_text(), re.MULTILINE)
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(match[1]) if match else 0


def _command(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""
