"""Check of the exercise of step 24: Beale's function."""

from step24 import gradient

START = '''
from step24 import gradient


def beale(x, y):
    """Beale's function: minimum 0 at (3, 0.5)."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    print(gradient(beale, 1, 1))
    print(gradient(beale, 3, 0.5))
'''


def check(mine):
    """Yield (what, expected, got)."""
    yield "the height at (1, 1)", 14.203125, mine.beale(1.0, 1.0)
    yield (
        "the height at (0, 2)",
        1.5**2 + 2.25**2 + 2.625**2,
        mine.beale(0.0, 2.0),
    )
    for point, by_hand in [
        ((1, 1), [0.0, 27.75]),
        ((3, 0.5), [0.0, 0.0]),
    ]:
        _, got = gradient(mine.beale, *point)
        yield (
            f"the gradient at {point}",
            by_hand,
            [float(g) for g in got],
        )
