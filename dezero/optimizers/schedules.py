"""Schedules: the learning rate at each update.

schedule = WarmupCosine(0.003, warmup=50, total=1000)
for t, (x, y) in enumerate(batches):
    optimizer.alpha = schedule(t)  # lr, of optimizers that have it
    ...
    optimizer.update()
"""

import math

from dezero.guards import Number, Whole, call_text, number, whole


class WarmupCosine:
    """A rate that rises to peak in a straight line, and falls to least along a cosine.

        peak * (t + 1) / warmup                                   while t < warmup
        least + (peak - least) * (1 + cos(pi * done)) / 2         after that

    where done goes from 0 to 1 between the updates warmup and total; t counts updates
    from 0. From total on it is least. Loshchilov and Hutter, 2016 (see step 82).

    >>> schedule = WarmupCosine(0.1, warmup=4, total=12, least=0.01)
    >>> [round(schedule(t), 3) for t in (0, 1, 3, 4, 8, 12)]
    [0.025, 0.05, 0.1, 0.1, 0.055, 0.01]
    """

    peak = Number(82, least=0)
    warmup = Whole(82, least=0)
    total = Whole(82)
    least = Number(82, least=0)

    def __init__(self, peak: float, warmup: int, total: int, least: float = 0.0):
        self.peak = peak
        self.warmup = warmup
        self.total = whole("WarmupCosine", "total", total, 82, least=self.warmup + 1)
        self.least = number("WarmupCosine", "least", least, 82, least=0, most=peak)

    def __repr__(self):
        return call_text(self)

    def __call__(self, t) -> float:
        """Return the rate of update t, counted from 0."""
        number(type(self).__name__, "t", t, 82, least=0)
        self._check()
        if t < self.warmup:
            return self.peak * (t + 1) / self.warmup
        done = min(1, (t - self.warmup) / (self.total - self.warmup))
        share = (1 + math.cos(math.pi * done)) / 2
        return self.least + (self.peak - self.least) * share

    def _check(self):
        """Check that the settings fit each other: they may have been changed since."""
        who = type(self).__name__
        whole(who, "total", self.total, 82, least=self.warmup + 1)
        number(who, "least", self.least, 82, least=0, most=self.peak)
