"""Config, the switches that a Function looks at when it is called (step 18).

Each thread has its own: no_grad() in one thread does not stop another from recording.

>>> with no_grad():
...     Config.enable_backprop
False
"""

import contextlib
import threading

from dezero.guards import flag


class _Config(threading.local):
    """Four switches. Programs set the first two, only the engine sets the others.

    enable_backprop  record the graph (off under no_grad, step 18)
    train            dropout drops, batch_norm uses the batch (off in test_mode)

    wrap             a call wraps its result in a Variable. Off, func(*arrays) is
                     func.forward(*arrays), ndarrays in and out. A backward without
                     create_graph runs that way, in half of the time (see backward.py)
    handler          None, except while dezero.static compiles a program (step 72).
                     Then its methods are called in place of the code on the right:
                         handler.call(func, inputs)     func(*inputs)
                         handler.backward(func, gys)    func.backward(*gys)
                         handler.read(x, name)          x.data or x.grad
                         handler.write(x, name, value)  (before x.name = value)
                         handler.check(check, args)     check(*args), see outside.py
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
    """Raise AttributeError unless name is a switch that programs may set."""
    if not isinstance(name, str) or name not in ("enable_backprop", "train"):
        raise AttributeError(
            f"{who}: expected 'enable_backprop' or 'train', got {name!r} (see step 18)"
        )


@contextlib.contextmanager
def using_config(name, value):
    """Set Config.name to value inside a with block, and restore it at the end."""
    _check_switch("using_config", name)
    old_value = getattr(Config, name)
    setattr(Config, name, value)
    try:
        yield
    finally:
        setattr(Config, name, old_value)


class switched:
    """Set several switches, of any kind, inside a with block: for the engine.

    Why a class? Every backward enters one, and a generator such as using_config takes
    twice the time.
    """

    def __init__(self, **values):
        self.values = values

    def __enter__(self):
        own = Config.__dict__  # the switches that this thread has set
        self.old = own.copy()
        own |= self.values

    def __exit__(self, kind, error, trace):
        own = Config.__dict__
        own.clear()
        own |= self.old


def no_grad():
    """Record no graph inside a with block: less memory, no backward."""
    return using_config("enable_backprop", False)


def test_mode():
    """Switch to test mode inside a with block: no dropout, running averages."""
    return using_config("train", False)


test_mode.__test__ = False  # its name begins with test, and pytest would call it
