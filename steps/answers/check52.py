"""Check of the exercise of step 52: one more move in each update."""

START = """
# How many moves are it in 300 updates, if the loss is read after each
# of them, too? With all parameters moved once, before the first:
once = None

# And moved there and back in each update:
each_time = None
"""


def check(mine):
    """Yield (what, expected, got)."""
    yield "moves, parameters moved once", 6 + 300, mine.once
    yield (
        "moves, parameters moved each time",
        300 * (6 + 10 + 1),
        mine.each_time,
    )
