"""Check of the exercise of step 82: a rate that stays for long."""

START = '''
from step82 import AdamW, clipped, held_out, is_matrix, train


class WarmupStable:
    """Up to peak, stay, and down to 0 in the last fifth."""

    def __init__(self, peak, warmup, total):
        self.peak = peak
        self.warmup = warmup
        self.total = total

    def __call__(self, t):
        """Return the rate of update t, from 0 on."""
        raise NotImplementedError("your turn")


if __name__ == "__main__":
    schedule = WarmupStable(1.0, warmup=4, total=20)
    print([round(schedule(t), 3) for t in range(21)])
'''


def check(mine):
    """Yield (what, expected, got)."""
    schedule = mine.WarmupStable(0.8, warmup=4, total=20)
    for t, rate in (
        *((0, 0.2), (1, 0.4), (3, 0.8)),
        *((4, 0.8), (10, 0.8), (16, 0.8)),
        *((17, 0.6), (18, 0.4), (19, 0.2), (20, 0.0), (25, 0.0)),
    ):
        yield f"peak 0.8, warmup 4, total 20, t {t}", rate, schedule(t)
    schedule = mine.WarmupStable(1.0, warmup=0, total=100)
    for t, rate in (0, 1.0), (79, 1.0), (90, 0.5):
        yield f"peak 1, warmup 0, total 100, t {t}", rate, schedule(t)
