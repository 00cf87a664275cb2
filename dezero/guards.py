"""Check settings that come from outside, such as a learning rate.

    self.momentum = number("MomentumSGD", "momentum", momentum, 46, least=0, below=1)
    self.batch_size = whole("DataLoader", "batch_size", batch_size, 50)

Each error says who asked, what was expected, what came instead, and which step
explains it. A setting that may change later is declared in its class, and then
checked whenever it is set:

    class SGD(Optimizer):
        lr = Number(46, least=0)

call_text writes the settings of an object out again, for its repr.
"""

import inspect
import math
import numbers
import operator
import types

import numpy as np


def number(who, name, value, step, *, least=None, above=None, most=None, below=None):
    """Return value if it is a finite real number within the limits.

    The range includes least and most, but not above and below. Raises TypeError for
    anything but a number (a bool is not one), ValueError for nan, an infinity, and a
    number out of range.
    """
    real = not isinstance(value, bool) and isinstance(value, (float, numbers.Real))
    if (
        real
        and math.isfinite(value)
        and (least is None or value >= least)
        and (above is None or value > above)
        and (most is None or value <= most)
        and (below is None or value < below)
    ):
        return value
    limits = [
        text
        for limit, text in [
            (least, f"at least {least}"),
            (above, f"above {above}"),
            (most, f"at most {most}"),
            (below, f"below {below}"),
        ]
        if limit is not None
    ]
    expected = " and ".join(limits)
    if not real or not limits or not math.isfinite(value):
        noun = "a finite number" if real else "a number"
        joined = " of " if expected.startswith("at") else " "  # a number of at least 0
        expected = f"{noun}{joined}{expected}".strip()
    kind = ValueError if real else TypeError
    raise kind(refusal(who, name, expected, value, step))


class Number:
    """An attribute that number() checks whenever it is set; reading costs nothing.

    A NumPy number becomes a Python number, because float32 * np.float64 is float64.
    """

    def __init__(self, step, **limits):
        self.step = step
        self.limits = limits

    def __set_name__(self, owner, name):
        self.name = name

    def __set__(self, instance, value):
        who = type(instance).__name__
        value = number(who, self.name, value, self.step, **self.limits)
        if isinstance(value, np.generic):
            value = value.item()
        vars(instance)[self.name] = value


class Kind:
    """An attribute that must be a dtype of numbers, checked whenever it is set."""

    def __init__(self, step):
        self.step = step

    def __set_name__(self, owner, name):
        self.name = name

    def __set__(self, instance, value):
        try:
            known = value is not None and np.dtype(value).kind in "biuf"
        except (TypeError, ValueError):
            known = False
        if not known:
            who = type(instance).__name__
            expected = "a dtype of numbers, such as np.float32 or 'int64'"
            raise TypeError(refusal(who, self.name, expected, value, self.step))
        vars(instance)[self.name] = value


class Whole:
    """An attribute that whole() checks whenever it is set; reading costs nothing."""

    def __init__(self, step, least=1):
        self.step = step
        self.least = least

    def __set_name__(self, owner, name):
        self.name = name

    def __set__(self, instance, value):
        who = type(instance).__name__
        value = whole(who, self.name, value, self.step, least=self.least)
        vars(instance)[self.name] = value


class Rule:
    """An attribute that must be a function, or None; checked whenever it is set."""

    def __init__(self, step):
        self.step = step

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        return self if instance is None else vars(instance).get(self.name)

    def __set__(self, instance, value):
        if value is not None and (isinstance(value, type) or not callable(value)):
            who = type(instance).__name__
            raise TypeError(
                refusal(who, self.name, "a function or None", value, self.step)
            )
        vars(instance)[self.name] = value


def whole(who, name, value, step, *, least=1):
    """Return value as an int if it is a whole number, not below the limit least.

    Raises TypeError for anything but an integer (2.0, "2" and True are not), ValueError
    for one that is too small.
    """
    expected = f"a whole number of at least {least}"
    try:
        if isinstance(value, bool):
            raise TypeError
        value = operator.index(value)
    except TypeError:
        raise TypeError(refusal(who, name, expected, value, step)) from None
    if value < least:
        raise ValueError(refusal(who, name, expected, value, step))
    return value


def flag(who, name, value, step):
    """Return value as a bool if it is True or False, a NumPy bool, or 0 or 1.

    Raises TypeError for anything else.
    """
    if value is True or value is False:
        return value
    try:
        if value in (True, False):
            return bool(value)
    except (TypeError, ValueError):  # an array is not in anything
        pass
    raise TypeError(refusal(who, name, "True or False", value, step))


def one_of(who, name, value, step, choices):
    """Return value if it is one of choices, strings. Raises ValueError otherwise."""
    if isinstance(value, str) and value in choices:
        return value
    expected = " or ".join(map(repr, choices))
    raise ValueError(refusal(who, name, expected, value, step))


def file_name_below(who, name, step):
    """Return name if it names a file in a folder or in one of its subfolders.

    Raises TypeError for anything but a str, and ValueError for a name that is empty or
    leads out of the folder, on any system: ../x, /x, C:x, a\\b.
    """
    if not isinstance(name, str):
        raise TypeError(
            f"{who}: the name of a file must be a str, got {shown(name)} "
            f"(see step {step})"
        )
    parts = name.split("/")
    if (
        any(part in ("", ".", "..") for part in parts)
        or any(char in name for char in "\\\0")
        or name[1:2] == ":"
    ):
        raise ValueError(
            f"{who}: expected the name of a file in the folder cache_dir, got "
            f"{name!r} (see step {step})"
        )
    return name


def refusal(who, name, expected, value, step):
    """Return the message that says what was expected and what came instead."""
    return f"{who}: {name} must be {expected}, got {shown(value)} (see step {step})"


def shown(value):
    """Return value as an error shows it: a short value itself, others by type."""
    text = repr(value) if isinstance(value, (numbers.Number, str, type(None))) else ""
    kind = type(value).__name__
    return text if 0 < len(text) <= 60 else f"an object of type {kind}"


def call_text(thing, *positional, **more):
    """Return the call that makes such a thing: "Adam(alpha=0.001, beta1=0.9, ...)".

    It shows each parameter of the constructor that the thing has an attribute for, with
    the attribute's present value. Parameters listed in positional are shown without
    their names. The entries of more come last.
    """
    parameters = inspect.signature(type(thing).__init__).parameters
    known = vars(thing)
    values = {name: known[name] for name in parameters if name in known}
    parts = [
        _short(value) if name in positional else f"{name}={_short(value)}"
        for name, value in {**values, **more}.items()
    ]
    return f"{type(thing).__name__}({', '.join(parts)})"


def _short(value):
    """Return the text of value; the name if it is a type or a function."""
    if isinstance(value, numbers.Number) and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, np.ndarray):
        if value.size > 10:
            return f"an array {value.shape}"
        value = value.tolist()
    named = isinstance(value, (type, types.FunctionType))
    return value.__name__ if named else repr(value)


def check_callable(who, f, step):
    """Raise TypeError unless f can be called with an item.

    A class whose objects can be called is refused: ToFloat where ToFloat() is meant.
    """
    makes = isinstance(f, type) and any("__call__" in vars(kind) for kind in f.__mro__)
    if makes or not callable(f):
        got = f"the class {f.__name__}; write {f.__name__}()" if makes else shown(f)
        raise TypeError(
            f"{who}: expected something that can be called, got {got} (see step {step})"
        )
