"""Step 67. Another engine: count the children, and wait for them all.

One framework is built. Others look different inside, and to see
how much of that is taste, the next four steps build a second one,
from nothing. It is as small, and chooses otherwise:

    dezero                              here
    a Variable knows its creator, a     a Tensor knows its creators,
    Function with the math of its       other Tensors, and of the
    way back                            operation just the word
    operators broadcast                 equal shapes only: expand
                                        makes copies, sum adds up
    gradients are arrays, or            gradients are Tensors,
    Variables if asked                  computed like any other

All the math of the way back stands in one method, gradients: it
looks at the word. That is read in a minute. But to add an operation
is to open the class and add a case, where dezero takes a new
Function from anywhere. Neither is wrong.

The first thought for the way back is a recursion. Each tensor notes
its gradient and hands one to each of its creators, at once. In

    a ------ d = a + b ----+
             |             |
    b -------+             +---- f = d + e
             |             |
    c ------ e = b + c ----+

b is told twice. overwrite keeps the last, 1, and not the sum, 2:
the mistake of step 13. Adding up is not enough: a recursion goes
each way through the graph on its own, and twenty times t = t + t
has 1,048,576 ways. Step 15 found the rule: go back from a result
only after all that used it have gone back. Step 16 kept it by
generations, from the last to the first.

Here is another answer. The tensors computed from a tensor are its
children. Count them; each that reports makes one less; at 0 the
gradient is complete, and the tensor goes on. There is nothing to
sort, and no order between tensors that have nothing to do with
each other. The price is a second walk through the graph, to count.

Many count earlier, when a child is computed. That has a trap: a
child from which no way leads to the result that we start from, an
accuracy on the side, is counted and never reports. Its creators
wait for it forever, and keep no gradient, without a word.

Gradients are computed by the same operations, so they may have
creators, too, and gradients of their own (create_graph, step 32).
As a rule only their numbers are kept: Tensor(gx.data).

For the second half: two layers x @ W0 @ W1 learn the second of two
inputs. The loss is a sum of squares d * d. Its slope is 2 * d, but
by hand many write d. That is the way down at half the rate, so no
one notices. These losses were published, by hand with rate 0.1. An
engine does not forget the 2, and comes the same way with 0.05.

Layers that own their weights, something bent between them, and
someone who changes the weights: that is step 68.

Exercise: write the quotient, __truediv__ with its case; dezero
tells whether it is right. Then let made do the counting, by
x.count += 1, and find a graph on which backward stops early.

Output:
    overwrite b.grad = [1. 1. 1. 1. 1.]
    backward  b.grad = [2. 2. 2. 2. 2.]
    Tensor    the gradients of a, b, c: [2.0, -1.0, 6.0]
    Variable  the gradients of a, b, c: [2.0, -1.0, 6.0]
    by_hand, rate 0.1:
    5.066439994622 0.495990779190 0.418067189217 0.352981330078
    0.297254963657 0.249232603816 0.207853920759 0.172312609163
    0.141937445367 0.116139797922
    by_tensors, rate 0.05:
    5.066439994622 0.495990779190 0.418067189217 0.352981330078
    0.297254963657 0.249232603816 0.207853920759 0.172312609163
    0.141937445367 0.116139797922
"""

import textwrap

import numpy as np

from dezero import Variable


class Tensor:
    """An array that knows the tensors it was computed from.

    creators     those tensors; none for a leaf
    creation_op  how: a word, or a word and what else it takes
    autograd     is a gradient wanted, of it or through it?
    grad         the gradient, a Tensor of the same shape, or None
    """

    def __init__(self, data, autograd=False, creators=(), op=None):
        self.data = np.asarray(data)
        self.autograd = autograd
        self.creators = creators
        self.creation_op = op
        self.grad = None

    def __add__(self, other):
        same_shape("+", self, other)
        return made("add", self.data + other.data, self, other)

    def __neg__(self):
        return made("neg", -self.data, self)

    def __sub__(self, other):
        same_shape("-", self, other)
        return made("sub", self.data - other.data, self, other)

    def __mul__(self, other):
        same_shape("*", self, other)
        return made("mul", self.data * other.data, self, other)

    def sum(self, dim):
        """Return the sums over the axis dim, which goes."""
        return made(("sum", dim), self.data.sum(dim), self)

    def expand(self, dim, copies):
        """Return copies of self along a new axis dim."""
        data = np.expand_dims(self.data, dim).repeat(copies, dim)
        return made(("expand", dim), data, self)

    def transpose(self):
        """Return self with its two axes exchanged."""
        return made("transpose", self.data.T, self)

    def mm(self, other):
        """Return the product of two matrices."""
        return made("mm", self.data @ other.data, self, other)

    def gradients(self, gy):
        """Return a gradient for each creator, from that of self."""
        x = self.creators
        match self.creation_op:
            case None:
                return ()
            case "add":
                return gy, gy
            case "neg":
                return (-gy,)
            case "sub":
                return gy, -gy
            case "mul":
                return gy * x[1], gy * x[0]
            case "sum", dim:
                return (gy.expand(dim, x[0].data.shape[dim]),)
            case "expand", dim:
                return (gy.sum(dim),)
            case "transpose":
                return (gy.transpose(),)
            case "mm":
                return gy.mm(x[1].transpose()), x[0].transpose().mm(gy)
            case word:
                raise NotImplementedError(f"gradients: no case {word}")

    def children(self):
        """Count how often each tensor was used, on the way here."""
        count, waiting = {}, [self]
        for tensor in waiting:  # grows while it is read
            for x in tensor.creators:
                if x.autograd and x not in count:
                    waiting.append(x)
                count[x] = count.get(x, 0) + 1
        return count

    def backward(self, gy=None, create_graph=False):
        """Add to grad of all on the way; return them in order."""
        gy = gy or Tensor(np.ones_like(self.data))
        count, arrived, ready = self.children(), {self: gy}, [self]
        for tensor in ready:  # grows while it is read
            gy = arrived.pop(tensor)
            same_shape("backward", tensor, gy)
            tensor.grad = tensor.grad + gy if tensor.grad else gy
            for x, gx in zip(tensor.creators, tensor.gradients(gy)):
                gx = gx if create_graph else Tensor(gx.data)
                arrived[x] = arrived[x] + gx if x in arrived else gx
                count[x] -= 1
                if x.autograd and count[x] == 0:
                    ready.append(x)
        return ready


def made(op, data, *creators):
    """Return data as a Tensor that knows where it comes from."""
    if any(x.autograd for x in creators):
        return Tensor(data, True, creators, op)
    return Tensor(data)


def same_shape(op, x0, x1):
    """Raise ValueError unless x1 is a Tensor of x0's shape."""
    got = x1.data.shape if isinstance(x1, Tensor) else type(x1)
    if got != x0.data.shape:
        raise ValueError(
            f"{op}: expected a Tensor of shape {x0.data.shape}, got "
            f"{got}; nothing broadcasts, expand it (see step 67)"
        )


def overwrite(tensor, gy):
    """Go back at once, and keep the last gradient: wrong."""
    tensor.grad = gy
    for x, gx in zip(tensor.creators, tensor.gradients(gy)):
        overwrite(x, gx)


def by_hand(x, t, W0, W1):
    """Return the loss, and the gradients as many write them."""
    h = x @ W0  # (4, 3)
    d = h @ W1 - t  # (4, 1)
    return (d * d).sum(), x.T @ (d @ W1.T), h.T @ d


def by_tensors(x, t, W0, W1):
    """Return the loss, and the gradients that the engine finds."""
    W = Tensor(W0, autograd=True), Tensor(W1, autograd=True)
    d = Tensor(x).mm(W[0]).mm(W[1]) - Tensor(t)
    loss = (d * d).sum(0)  # (1,)
    loss.backward()
    return loss.data[0], W[0].grad.data, W[1].grad.data


def train(gradients, rate):
    """Yield the losses of ten steps."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    rng = np.random.RandomState(0)
    W0, W1 = rng.rand(2, 3), rng.rand(3, 1)
    for _ in range(10):
        loss, gW0, gW1 = gradients(x, x[:, 1:], W0, W1)
        W0, W1 = W0 - rate * gW0, W1 - rate * gW1
        yield loss


if __name__ == "__main__":
    for back in overwrite, Tensor.backward:
        a, b, c = (Tensor(np.ones(5), autograd=True) for _ in "abc")
        back((a + b) + (b + c), Tensor(np.ones(5)))
        print(f"{back.__name__:9} b.grad = {b.grad.data}")

    arrays = [np.full(5, n) for n in (1.0, 2.0, 3.0)]
    for kind in lambda x: Tensor(x, autograd=True), Variable:
        a, b, c = (kind(array) for array in arrays)
        ((a + b) * (b - c) * -b).backward()
        grads = [float(x.grad.data[0]) for x in (a, b, c)]
        print(f"{type(a).__name__:9} the gradients of a, b, c: {grads}")

    for way, rate in (by_hand, 0.1), (by_tensors, 0.05):
        losses = " ".join(f"{x:.12f}" for x in train(way, rate))
        print(f"{way.__name__}, rate {rate}:")
        print(textwrap.fill(losses, 64))
