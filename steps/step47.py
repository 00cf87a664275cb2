"""Step 47. Softmax and cross-entropy: learning which of many.

Is the digit a 3 or an 8? A classifier gives each of K classes a
score, any number. softmax makes probabilities of them, positive
and 1 in total, by an exp and a division by the sum:

    x = [2.0, 1.0, 0.1]   ->   p = [0.66, 0.24, 0.10]

Say class 0 is right. Cross-entropy is -log of the probability
that the right class got: 0 for p = 1, and ever larger as p gets
smaller. The loss of a batch is the mean over its rows:

    loss = -(log p[0, t[0]] + ... + log p[N-1, t[N-1]]) / N

To pick p[n, t[n]] we need an index, in the graph. x[slices] is a
Function like any other, GetItem. What was picked gets the
gradient of its copy and the rest 0; what was picked twice gets
both, added up (step 14). So the way back starts from zeros, and
adds gy at the places picked. gx[slices] += gy would be wrong: for
an element picked twice, NumPy sets it twice, and the first
gradient is lost. np.add.at adds.

Setting x[i] = value stays forbidden: functions that were computed
with the old value would find another one on their way back.

exp(1000) is too large for a float. But softmax does not change
when all scores fall by the same number, which divides above and
below by the same factor. So the largest score is taken off first,
and exp gets nothing above 0.

log has its own trouble at the other end: a probability below
1e-324 is 0, and its log minus infinity. Made of softmax and log,
the loss must keep p away from 0; then it stops at 34.5, and what
is clipped has no gradient, where it is needed the most. From the
scores it is not hard at all,

    -log p[t] = log(sum(exp(x))) - x[t]

and it has a derivative that is hardly believable:

    gx = gy * (p - onehot(t)) / N

Too much probability, and the score falls by as much; too little,
and it rises. All of it in one Function: it keeps p, computed on
the way there, for the way back. Only where that is recorded in
turn (create_graph, step 32) p must be computed again, from x: an
array that was kept has no derivative.

The package has log_softmax, too; cross_entropy, with options;
losses for yes or no; gather, to pick by an array of indices, and
where, to choose. With the model of step 45 and the optimizers of
step 46, all is there for a classifier: step 48.

Exercise: divide the scores by a temperature before softmax. What
becomes of p at 0.1, and at 10? Then write the loss for labels
that are probabilities themselves, -sum(q * log p), and its gx.

Output:
    x[[0, 0, 1]] (3, 3): x.grad [[2.0, 2.0, 2.0], [1.0, 1.0, 1.0]]
    x[0, 2] * x[1, 2]: x.grad [[0.0, 0.0, 6.0], [0.0, 0.0, 3.0]]
    Variable: x[...] = value would change what the graph ...
    scores                    p[0] by formula   softmax
    [2.0, 1.0, 0.1]           0.66              0.66 0.24 0.10
    [1002.0, 1001.0, 1000.1]  nan               0.66 0.24 0.10
    p[t] = 0.66: loss 0.4155, cut to 0.41; gx [-0.34, 0.24, 0.1]
    the right class is behind by 2,000:   loss   gx
      softmax_cross_entropy_simple       34.54   0.0
      softmax_cross_entropy            2000.00  -1.0
"""

import numpy as np

import dezero
from dezero import Config, Function
from dezero.functions import clip, log


class GetItem(Function):
    """y = x[slices]: anything that NumPy indexes with."""

    def __init__(self, slices):
        self.slices = slices

    def forward(self, x):
        return x[self.slices]

    def backward(self, gy):
        (x,) = self.inputs
        return GetItemGrad(self.slices, x.shape)(gy)


class GetItemGrad(Function):
    """gx = zeros, with gy added where GetItem has picked."""

    def __init__(self, slices, in_shape):
        self.slices = slices
        self.in_shape = in_shape

    def forward(self, gy):
        return scatter_add(gy, self.slices, self.in_shape)

    def backward(self, ggx):
        return get_item(ggx, self.slices)


def scatter_add(gy, slices, shape):
    """Return zeros of shape to which gy was added at slices."""
    gx = np.zeros(shape, gy.dtype)
    np.add.at(gx, slices, gy)
    return gx


def get_item(x, slices):
    """Return x[slices]."""
    return GetItem(slices)(x)


class Variable(dezero.Variable):
    """The package's Variable, with the methods of this step."""

    def __getitem__(self, slices):
        return get_item(self, slices)

    def __setitem__(self, slices, value):
        raise TypeError(
            "Variable: x[...] = value would change what the graph has "
            "already used; edit a leaf's array instead, x.data[...] = "
            "value, or build the new value from the old one "
            "(see step 47)"
        )

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError(
                "Variable: a 0-d Variable cannot be iterated over"
            )
        return (self[i] for i in range(len(self)))


class Softmax(Function):
    """y = exp(x) / sum(exp(x)), gx = y * (gy - sum(gy * y))."""

    def __init__(self, axis=1):
        self.axis = axis

    def forward(self, x):
        y = np.exp(x - x.max(axis=self.axis, keepdims=True))
        y /= y.sum(axis=self.axis, keepdims=True)
        return y

    def backward(self, gy):
        y = self.output()
        gx = y * gy
        return gx - y * gx.sum(axis=self.axis, keepdims=True)


def softmax(x, axis=1):
    """Return probabilities: positive, their sum along axis is 1."""
    return Softmax(axis)(x)


def softmax_cross_entropy_simple(x, t):
    """Return -mean(log p[n, t[n]]), by one Function after another."""
    p = clip(softmax(x), 1e-15, 1.0)
    picked = get_item(log(p), (np.arange(len(t)), t))  # (N,)
    return -picked.sum() / len(picked)


class SoftmaxCrossEntropy(Function):
    """y = -mean(log p[n, t[n]]), gx = gy * (p - onehot) / N.

    Shapes: x (N, K) scores, t (N,) class numbers -> y ().
    """

    def forward(self, x, t):
        self.t = t
        x = x - x.max(axis=1, keepdims=True)
        self.p = np.exp(x)
        total = self.p.sum(axis=1, keepdims=True)  # (N, 1)
        self.p /= total
        y = np.log(total[:, 0]) - x[np.arange(len(x)), t]  # (N,)
        return y.sum() / len(y)

    def backward(self, gy):
        x, _ = self.inputs
        # the way back is recorded only for create_graph
        p = softmax(x) if Config.enable_backprop else self.p
        onehot = np.zeros(x.shape, self.p.dtype)
        onehot[np.arange(len(onehot)), self.t] = 1
        return gy / len(onehot) * (p - onehot), None


def softmax_cross_entropy(x, t):
    """Return the mean of -log p[n, t[n]], p = softmax(x)."""
    return SoftmaxCrossEntropy()(x, t)


def loss_and_gradient(loss_function, data, t):
    """Return the loss of the scores data, and its gradient there."""
    x = Variable(np.array(data))
    loss = loss_function(x, np.array(t))
    loss.backward()
    return float(loss.data), x.grad.data


if __name__ == "__main__":
    x = Variable(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    y = x[np.array([0, 0, 1])]
    y.backward()
    print(f"x[[0, 0, 1]] {y.shape}: x.grad {x.grad.data.tolist()}")
    x.cleargrad()
    first, second = x[:, 2]
    (first * second).backward()
    print(f"x[0, 2] * x[1, 2]: x.grad {x.grad.data.tolist()}")
    try:
        x[0, 0] = 5.0
    except TypeError as error:
        print(str(error)[:52], "...")

    print("scores                    p[0] by formula   softmax")
    for scores in [2.0, 1.0, 0.1], [1002.0, 1001.0, 1000.1]:
        x = np.array(scores)
        with np.errstate(all="ignore"):  # NumPy would warn
            written = np.exp(x) / np.exp(x).sum()
        p = softmax(x.reshape(1, -1)).data[0]
        print(f"{scores!s:26}{written[0]:<18.2f}", end="")
        print(f"{p[0]:.2f} {p[1]:.2f} {p[2]:.2f}")

    scores = np.log([[0.66, 0.24, 0.10]])
    loss, gx = loss_and_gradient(softmax_cross_entropy, scores, [0])
    print(f"p[t] = 0.66: loss {loss:.4f}, cut to", end=" ")
    print(f"{int(loss * 100) / 100}; gx {gx[0].round(2).tolist()}")
    print("the right class is behind by 2,000:   loss   gx")
    for f in softmax_cross_entropy_simple, softmax_cross_entropy:
        loss, gx = loss_and_gradient(f, [[2000.0, 0.0]], [1])
        print(f"  {f.__name__:30}{loss:10.2f}{gx[0, 1] + 0:6.1f}")
