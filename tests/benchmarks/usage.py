"""What a process has used so far, as Linux counts it."""

import os
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KB = 1024


def cpu_s(pid: int) -> float:
    """Return the seconds of processor time that all threads of a process took, to 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS  # utime and stime; what comes before is the name in brackets


def rss_mb(pid: int) -> float:
    """Return the memory that a process has resident, in millions of bytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1]) * _KB / 1e6


class Stopwatch:
    """How long something takes, and how busy this process is meanwhile: the load and the portal, which run in it."""

    def __init__(self) -> None:
        self._began, self._used = time.perf_counter(), time.process_time()

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self._began

    @property
    def busy(self) -> float:
        """Share of a core."""
        return (time.process_time() - self._used) / self.elapsed_s
