"""Two outputs compared: text exactly, numbers to the digits that a step promises."""

import re
from itertools import zip_longest

NUMBER = re.compile(  # 3, 3., 3.14, .5, 1e-05, 10,000; not the 0 of x0 or the sign
    r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+|(?=\.\d))(?:\.\d*)?(?:e[-+]?\d+)?"
)

# ~190: measured with a clock, so it differs each time, and any number is right
MEASURED = re.compile(r"(?<=~)\d[\d,]*(?:\.\d+)?")


def same_line(expected, got, rtol):
    """Compare two lines: text exactly, numbers to rtol; None compares exactly.

    If numbers may differ visibly, so may the blanks that line them up. A number after
    a ~ was measured with a clock: there must be one, but any will do.
    """
    expected, got = MEASURED.sub("#", expected), MEASURED.sub("#", got)
    if rtol is None:
        return expected == got
    text, got_text = NUMBER.sub("#", expected), NUMBER.sub("#", got)
    numbers, got_numbers = (
        [float(number.replace(",", "")) for number in NUMBER.findall(line)]
        for line in (expected, got)
    )
    if rtol > 1e-9:
        text, got_text = " ".join(text.split()), " ".join(got_text.split())
    return text == got_text and all(
        abs(a - b) <= rtol * abs(a) for a, b in zip(numbers, got_numbers)
    )


def difference(expected, got, rtol=None):
    """Return the first difference of two texts in words, or None."""
    lines = [
        [line.rstrip() for line in text.rstrip().split("\n")]
        for text in (expected, got)
    ]
    for at, (a, b) in enumerate(zip_longest(*lines), start=1):
        if a is None or b is None or not same_line(a, b, rtol):
            return f"line {at}: expected {a!r}, got {b!r}"
    return None


def match_lines(expected, got, rtol=None):
    """Look for the lines of one text among those of another, which may have more.

    Returns the lines that were found, as got has them and in the order of expected, and
    those of expected that were not. A line of got stands for one line only.
    """
    left = [line.rstrip() for line in got.rstrip().split("\n")]
    found, missing, at = [], [], 0
    for line in expected.rstrip().split("\n"):
        places = [*range(at, len(left)), *range(at)]  # after the last one first
        same = (i for i in places if same_line(line.rstrip(), left[i], rtol))
        place = next(same, None)
        if place is None:
            missing.append(line)
        else:
            found.append(left.pop(place))
            at = place
    return found, missing
