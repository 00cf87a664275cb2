"""The functions of `dezero.functions.conv`, where programs for DeZero look for them."""

from dezero.functions.conv import *  # noqa: F403  all that is in its __all__
