"""Starts one child so that it dies with its supervisor: `python shim.py SUPERVISOR_PID COMMAND...`.

Linux sends the parent-death signal even when the supervisor is killed with SIGKILL, and keeps the request
over execve, so the command itself needs to know nothing of it. Standard library only.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(expected_parent: int) -> None:
    """Have the kernel kill this process when its parent dies; exits at once where it already has."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have died before the request was in place: then init, or a reaper, is the parent by now.
    if os.getppid() != expected_parent:
        os._exit(1)


def main() -> None:
    """Become the command."""
    die_with_parent(int(sys.argv[1]))
    command = sys.argv[2:]
    try:
        os.execvp(command[0], command)  # noqa: S606 - an argument list, never a shell
    except OSError as error:
        sys.exit(f"{command[0]} could not be started: {error.strerror}")


if __name__ == "__main__":
    main()
