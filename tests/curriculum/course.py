"""What tests share about the steps: read once for a process, and which are early."""

import functools

import pytest
from book.code import read_lessons

from .places import STEPS


@functools.cache
def course():
    """Return {number: Lesson} of our steps; nobody changes it, since all share it."""
    return read_lessons(STEPS)


def early(numbers, last):
    """Return numbers for parametrize: those above last are for the slow tests."""
    slow = pytest.mark.slow
    return [pytest.param(n, marks=slow if n > last else ()) for n in numbers]
