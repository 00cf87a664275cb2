"""Answer to the exercise of step 73.

Once we subtract the mean of a row, the mean of its squares is its
variance. So layer_norm is rms_norm of x - mean, plus beta.

layer_norm does not notice if 1 is added to all x, since the mean
moves along. rms_norm does. Neither notices if all x are doubled: the
divisor doubles as well. Only eps makes a small difference. So with
either norm, the next layer does not see the size of x. Many large
language models use rms_norm: it computes less, and the models learn
just as well.

Output:
    layer_norm with rms_norm, the same: True
    1 is added:     layer_norm the same True, rms_norm False
    all is doubled: layer_norm the same True, rms_norm True
"""

import numpy as np

from step73 import layer_norm, rms_norm


def by_rms(x, gamma, beta):
    """Return layer_norm(x, gamma, beta), by rms_norm."""
    return rms_norm(x - x.mean(axis=-1, keepdims=True), gamma) + beta


notices_1_added = "rms_norm"
notices_doubled = "none"

if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.normal(size=(4, 8)), *rng.normal(size=(2, 8))
    layer = layer_norm(x, gamma, beta).data
    rms = rms_norm(x, gamma).data
    same = np.allclose(by_rms(x, gamma, beta).data, layer)
    print("layer_norm with rms_norm, the same:", same)
    changes = {"1 is added:    ": x + 1, "all is doubled:": 2 * x}
    for what, moved in changes.items():
        y = layer_norm(moved, gamma, beta).data
        a = np.allclose(layer, y, atol=1e-3)
        b = np.allclose(rms, rms_norm(moved, gamma).data, atol=1e-3)
        print(f"{what} layer_norm the same {a}, rms_norm {b}")
