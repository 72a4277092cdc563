"""How long to wait before starting a child again."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Doubles from `first` to `ceiling` seconds; a run of at least `reset_after` seconds starts over."""

    first: float = 0.5
    factor: float = 2.0
    ceiling: float = 30.0
    reset_after: float = 60.0
    failures: int = field(default=0, init=False)

    def next_delay(self, ran_seconds: float) -> float:
        """Seconds to wait now that a run of `ran_seconds` has ended."""
        if ran_seconds >= self.reset_after:
            self.failures = 0
        # The exponent is capped: 2.0 ** 1100 would overflow after a night of failures.
        delay = min(self.ceiling, self.first * self.factor ** min(self.failures, 64))
        self.failures += 1
        return delay
