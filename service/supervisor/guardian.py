"""Ends what the children started, should the supervisor die without a word.

The parent-death signal reaches the children alone. This process knows their process groups, told line by line
on standard input (`+ID` started, `-ID` ended); when that closes, the supervisor is gone and every group still
standing is killed, grandchildren included. Standard library only.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path


class Guardian:
    """The supervisor's side: tells the guardian process which groups to end with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__))], stdin=subprocess.PIPE, start_new_session=True
        )

    def started(self, group: int) -> None:
        """A child's process group to end with the supervisor."""
        self._tell(f"+{group}\n")

    def ended(self, group: int) -> None:
        """This group is gone: leave its number alone from now on."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Let the guardian go; it ends every group that has not ended."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(5.0)

    def _tell(self, line: str) -> None:
        if self._process.stdin is None or self._process.poll() is not None:
            return  # somebody killed the guardian; the parent-death signal still holds for the children
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()


def main() -> None:
    """Listen until the supervisor is gone, then end its groups."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)  # it leaves after the supervisor, never before
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
