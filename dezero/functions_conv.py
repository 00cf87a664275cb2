"""Convolution and pooling, where programs for DeZero look for them."""

from dezero.functions import Function as Function
from dezero.functions import as_variable as as_variable
from dezero.functions import broadcast_to as broadcast_to
from dezero.functions import cuda as cuda
from dezero.functions import linear as linear
from dezero.functions import np as np
from dezero.functions.columns import *  # noqa: F403  all that is in its __all__
from dezero.functions.conv import *  # noqa: F403
from dezero.functions.pooling import *  # noqa: F403
