"""Convolution and pooling, where programs for DeZero look for them."""

from dezero.functions.columns import *  # noqa: F403  all that is in its __all__
from dezero.functions.conv import *  # noqa: F403
from dezero.functions.pooling import *  # noqa: F403
