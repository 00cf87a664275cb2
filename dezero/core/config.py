"""Switches: what a call of a Function records and computes. Each thread has its own.

>>> with no_grad():
...     Config.enable_backprop
False
"""

import contextlib
import threading

from dezero.guards import flag


class _Config(threading.local):
    """The switches: two for everybody, and two of the engine's own.

    enable_backprop  record the graph (off under no_grad, step 18)
    train            dropout drops, batch_norm uses the batch (off in test_mode)

    wrap             a call takes and returns Variables. Off, a call is its forward,
                     ndarrays in and out: so the backwards of the package run where
                     nobody will differentiate the gradient (see backward.py)
    handler          None, unless dezero.static follows a program (step 72). Then it
                     is asked instead:
                         handler.call(func, inputs)     what func(*inputs) gives
                         handler.backward(func, gys)    what func.backward(*gys) gives
                         handler.read(x, name)          what x.data or x.grad is
                         handler.write(x, name, value)  whether x may be changed so
    """

    enable_backprop = True
    train = True
    wrap = True
    handler = None

    def __setattr__(self, name, value):
        if name not in ("wrap", "handler"):
            _check_switch("Config", name)
            value = flag("Config", name, value, 18)
        super().__setattr__(name, value)

    def __repr__(self):
        return f"Config(enable_backprop={self.enable_backprop}, train={self.train})"


Config = _Config()


def _check_switch(who, name):
    """Refuse a name that is no switch for everybody."""
    if not isinstance(name, str) or name not in ("enable_backprop", "train"):
        raise AttributeError(
            f"{who}: expected 'enable_backprop' or 'train', got {name!r} (see step 18)"
        )


@contextlib.contextmanager
def using_config(name, value):
    """Set Config.name to value inside a with block, whatever happens in it."""
    _check_switch("using_config", name)
    old_value = getattr(Config, name)
    setattr(Config, name, value)
    try:
        yield
    finally:
        setattr(Config, name, old_value)


class switched:
    """Set switches inside a with block, also wrap and handler; restore all behind it.

    A class and not a generator as using_config: every backward enters it, and it takes
    half of the time. vars(Config) are the switches that this thread has set.
    """

    def __init__(self, **values):
        self.values = values

    def __enter__(self):
        own = vars(Config)  # this thread's
        self.old = own.copy()
        own.update(self.values)

    def __exit__(self, *error):
        own = vars(Config)
        own.clear()
        own.update(self.old)


def no_grad():
    """Record no graph inside a with block: less memory, no backward."""
    return using_config("enable_backprop", False)


def test_mode():
    """Behave as in use, not as in training: no dropout, running averages."""
    return using_config("train", False)


test_mode.__test__ = False  # pytest: the name is the contract's, not a test
