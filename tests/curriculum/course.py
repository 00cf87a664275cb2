"""The steps of this repository, read once for all tests of a process."""

import functools

from book.code import read_lessons

from .places import STEPS


@functools.cache
def course():
    """Return {number: Lesson} of our steps; nobody changes it, since all share it."""
    return read_lessons(STEPS)
