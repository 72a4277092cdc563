"""Where two recordings lie on each other: the evidence of sound and video."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alignment:
    """From `start` to `end` of what was asked lies at `other_start` to `other_end` of the original; seconds.

    `speed` above 1 says that what was asked is played faster than the original.
    """

    start: float
    end: float
    other_start: float
    other_end: float
    speed: float = 1.0

    def sentence(self) -> str:
        """Both ranges and the speed, for a person."""
        asked = f"From {clock(self.start)} to {clock(self.end)} of it"
        words = f"{asked} lies at {clock(self.other_start)} of the original"
        percent = round(100 * (self.speed - 1), 1)
        if abs(percent) < 0.5:
            return words
        return f"{words}, played {abs(percent):.0f} % {'faster' if percent > 0 else 'slower'}"


def clock(seconds: float) -> str:
    """ "63.5 s", and from two minutes on "2:03.5" or "1:02:03.5"."""
    seconds = max(0.0, round(seconds, 1))
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
