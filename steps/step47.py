"""Step 47. Softmax and cross-entropy: learning which of many.

Is the digit a 3 or an 8? A network for K classes computes K scores,
and the right class is given as a number t. The loss then needs two
things: a way to pick a score by its number, and a formula.

First, picking. x[0], x[:, 2] or x[[0, 0, 2]] copy elements of x.
This is a Function like any other, GetItem. An element that was
picked gets the gradient of its copy, the others get 0, and one that
was picked twice gets the sum of both gradients (step 14):

    x  = 5    7  9    y = x[[0, 0, 2]] = 5 5 9
    gx = a+b  0  c    gy               = a b c

The layer EmbedID picks rows. Words have no numbers of their own,
so each word gets a row of numbers in a table W. The number of the
word goes in, its row comes out, and training changes the row.

Second, the loss. The scores, called *logits*, may be any numbers.
*Softmax* (Bridle, 1990) turns them into probabilities, 1 in total:

    p = exp(x) / sum(exp(x))
    [2.0, 1.0, 0.1]  ->  [0.66, 0.24, 0.10]

Say class 0 is right. *Cross-entropy* is -log of the probability
that the right class got, here -log(0.66) = 0.42. It is 0 for p = 1
and grows as p gets smaller. For N samples we take the mean. With
the right class written *one-hot*, as 1 in place t and 0 elsewhere,
the gradient is surprisingly simple:

    gx = gy * (p - onehot) / N

gx is below 0 only for the right class. So descent raises its score
and lowers all others. Step 48 trains with this loss.

Exercise: divide the scores by a temperature before softmax. What
happens to p at 0.1, and at 10? Then write the loss for labels that
are probabilities themselves, -sum(q * log p), and its gx.

In the package: dezero/core/indexing.py, GetItem;
dezero/functions/loss.py, SoftmaxCrossEntropy

Output:
    x[[0, 0, 1]] (3, 3): x.grad [[2, 2, 2], [1, 1, 1]]
    x[0, 2] * x[1, 2]: x.grad [[0, 0, 6], [0, 0, 3]]
    EmbedID(5, 2): words 3, 0, 3 -> y (3, 2)
      rows of W.grad: [[1, 1], [0, 0], [0, 0], [2, 2], [0, 0]]
    Variable: x[...] = value would change what the graph ...
    scores                    p[0] by formula   softmax
    [2.0, 1.0, 0.1]           0.66              0.66 0.24 0.10
    [1002.0, 1001.0, 1000.1]  nan               0.66 0.24 0.10
    p[t] = 0.66: loss 0.4155, gx [-0.34, 0.24, 0.1]
    the right class is behind by 2,000:   loss   gx
      softmax_cross_entropy_simple       34.54   0.0
      softmax_cross_entropy            2000.00  -1.0
"""

import numpy as np

import dezero
from dezero import Config, Function, Layer, Parameter
from dezero.functions import clip, log


# The first half: picking by number. slices may be anything that NumPy
# indexes with: an int, a slice, an array of ints, or a tuple of these.
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


# Why not gx[slices] += gy? If an element was picked twice, NumPy sets
# it twice, and the first gradient is lost. np.add.at adds both.
def scatter_add(gy, slices, shape):
    """Return zeros of shape to which gy was added at slices."""
    gx = np.zeros(shape, gy.dtype)
    np.add.at(gx, slices, gy)
    return gx


def get_item(x, slices):
    """Return x[slices]."""
    return GetItem(slices)(x)


# Setting x[i] = value is forbidden: Functions that have computed with
# the old value would find the new one in their backward. __iter__ is
# for loops over the rows of x, and for a, b = x.
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


def embed_id(x, W):
    """Return the rows W[x], x an array of ints."""
    return get_item(W, x)


class EmbedID(Layer):
    """y = W[x]: a row for each of in_size things, by its number.

    Shapes: x (...), W (in_size, out_size) -> y (..., out_size).
    """

    def __init__(self, in_size, out_size):
        super().__init__()
        W = np.random.randn(in_size, out_size)  # noqa: NPY002
        self.W = Parameter(W, name="W")

    def forward(self, x):
        """Return the rows W[x]."""
        return embed_id(x, self.W)


# The second half: the loss. exp(1000) is too large for a float. But if
# all scores fall by the same number, softmax stays the same, because
# numerator and denominator are divided by the same factor. So we
# subtract the largest score first, and exp gets nothing above 0.
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


# log has a problem of its own: a probability below 1e-324 becomes 0,
# and its log is minus infinity. A loss made of softmax and log has to
# keep p away from 0, here above 1e-15. Then the loss stops at
# -log(1e-15) = 34.5, and a clipped p has no gradient, just where a
# gradient is needed most.
def softmax_cross_entropy_simple(x, t):
    """Return -mean(log p[n, t[n]]), by one Function after another."""
    p = clip(softmax(x), 1e-15, 1.0)
    picked = get_item(log(p), (np.arange(len(t)), t))  # (N,)
    return -picked.sum() / len(picked)


# Computed directly from the scores, the loss has no such problem:
#
#     -log p[t] = log(sum(exp(x))) - x[t]
#
# One Function for all of it computes p on the way, and keeps it.
# Backward uses this p, unless backward itself will be differentiated
# (create_graph, step 32): a stored array has no derivative, so p is
# then computed again from x.
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


def ints(x):
    """Return the elements of x as ints in lists, short to print."""
    return x.data.astype(int).tolist()


if __name__ == "__main__":
    x = Variable(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    y = x[np.array([0, 0, 1])]
    y.backward()
    print(f"x[[0, 0, 1]] {y.shape}: x.grad {ints(x.grad)}")
    x.cleargrad()
    first, second = x[:, 2]
    (first * second).backward()
    print(f"x[0, 2] * x[1, 2]: x.grad {ints(x.grad)}")
    layer = EmbedID(5, 2)
    y = layer(np.array([3, 0, 3]))
    y.backward()
    print(f"EmbedID(5, 2): words 3, 0, 3 -> y {y.shape}")
    print(f"  rows of W.grad: {ints(layer.W.grad)}")
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
    print(f"p[t] = 0.66: loss {loss:.4f}, gx {gx[0].round(2).tolist()}")
    print("the right class is behind by 2,000:   loss   gx")
    for f in softmax_cross_entropy_simple, softmax_cross_entropy:
        loss, gx = loss_and_gradient(f, [[2000.0, 0.0]], [1])
        print(f"  {f.__name__:30}{loss:10.2f}{gx[0, 1] + 0:6.1f}")
