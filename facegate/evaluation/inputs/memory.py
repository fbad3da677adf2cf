"""How much memory there is, asked before the work and not after.

A process that asks for more than the machine has is killed without a word on most systems,
so the need is estimated first and refused in a sentence.
"""

from __future__ import annotations

from pathlib import Path

from facegate.errors import InputError

MEMINFO = Path("/proc/meminfo")
GROUP = Path("/sys/fs/cgroup")
KIBIBYTE, MEBIBYTE = 1 << 10, 1 << 20


def available_memory(*, meminfo: Path = MEMINFO, group: Path = GROUP) -> int | None:
    """Tell how many bytes this process may still take.

    Parameters
    ----------
    meminfo, group : Path
        Where Linux tells it: of the machine, and of the container's control group.

    Returns
    -------
    int or None
        The smaller of the two; None where the system does not say.
    """
    known = [one for one in (_of_machine(meminfo), _of_container(group)) if one is not None]
    return min(known) if known else None


def require_memory(needed: int, what: str, *, available: int | None) -> None:
    """Refuse work that would not fit.

    Parameters
    ----------
    needed : int
        Estimated bytes.
    what : str
        What they are for, such as ``10,000,000 scores``.
    available : int or None
        Bytes there are; None if unknown, and then nothing is refused.

    Raises
    ------
    InputError
        With both numbers.
    """
    if available is not None and needed > available:
        msg = (
            f"{what} need about {_size(needed)} of memory, this machine has {_size(available)} free; "
            "use a machine with more, or give fewer rows"
        )
        raise InputError(msg)


def _size(n_bytes: int) -> str:
    if n_bytes < MEBIBYTE:
        return f"{n_bytes / KIBIBYTE:,.0f} KiB"
    return f"{n_bytes / MEBIBYTE:,.0f} MiB"


def _of_machine(path: Path) -> int | None:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    found = [line.split() for line in lines if line.startswith("MemAvailable:")]
    return int(found[0][1]) * 1024 if found else None


def _of_container(group: Path) -> int | None:
    """Limit of the control group less what is used; None if there is no limit."""
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = (group / "memory.current").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return max(0, int(limit) - int(used)) if limit.isdigit() and used.isdigit() else None
