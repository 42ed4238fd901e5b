"""The guard: becomes a child process that cannot outlive its parent.

Promises `children.py`, which runs this file as a script: by the time the guarded command runs, the kernel has been
told to kill it when the parent dies, and a parent that died in between is noticed. Standard library only and run with
`-I -S`, because it stands before every child's start; Linux only, because no other kernel makes this promise.
"""

import ctypes
import os
import signal
import sys

PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in <linux/prctl.h>
GUARD_FAILED = 120


def become(parent: int, command: list[str]) -> int:
    """Replace this process by `command`, tied to the life of process `parent`; returns an exit code only on failure."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0) != 0:
        reason = os.strerror(ctypes.get_errno())
        sys.stderr.write(f"guard: the kernel will not tie this child to its parent: {reason}\n")
        return GUARD_FAILED
    # The parent may have died before the kernel was told; then nobody would ever stop this child.
    if os.getppid() != parent:
        return GUARD_FAILED
    # Python ignores these two; an ignored signal would stay ignored in the command.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # no shell may stand between parent and child
    except OSError as error:
        sys.stderr.write(f"guard: cannot start {command[0]}: {error.strerror}\n")
        return GUARD_FAILED


if __name__ == "__main__":
    sys.exit(become(int(sys.argv[1]), sys.argv[2:]))
