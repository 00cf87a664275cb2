r"""Step 67. Another engine: count the children, and wait for them all.

Could our engine have been built in another way? We build a second
one from scratch, in steps 67 to 70. It follows chapter 13 of Grokking
Deep Learning (Trask, 2019), and must find the losses printed there.

               dezero        here
    a result   its creator,  its creators,
    knows      a Function    and a word
    the rules  a class each  one method, with
    stand in                 a case each
    operators  broadcast     need equal shapes

How do the gradients find their way back? The first thought is a
recursion: each tensor stores its gradient, and hands one to each of
its creators at once. Here b gets two of them:

    a     b     c
     \   / \   /     d = a + b
       d     e       e = b + c
        \   /
          f          f = d + e

overwrite, below, keeps the last of the two, as step 13 did, and
finds 1 where 2 is right. Adding them up is not enough. The
recursion follows every path of the graph, and after twenty times
t = t + t there are 1,048,576 paths. Step 15 has the rule: go back
from a result only when everything that used it has gone back. Step
16 keeps the rule by sorting generations.

We can also keep the rule by counting. The tensors that were computed
from a tensor are its children. Each child that hands back its
gradient lowers the count by one. At 0 the gradient is complete, and
the tensor itself goes back. Nothing is sorted. The price is a second
walk through the graph, to count.

Exercise: write the quotient, __truediv__ and its case, and check it
against dezero. Then count earlier: let made add 1 to a count that
each creator keeps. On which graph does backward now stop too early?

In the package: nothing; there, backward keeps the order of step 16

Output:
    overwrite b.grad = [1. 1. 1. 1. 1.]
    backward  b.grad = [2. 2. 2. 2. 2.]
    Tensor    the gradients of a, b, c: [2.0, -1.0, 6.0]
    Variable  the gradients of a, b, c: [2.0, -1.0, 6.0]
    losses by hand, with the rate 0.1:
    5.066439994622 0.495990779190 0.418067189217 0.352981330078
    0.297254963657 0.249232603816 0.207853920759 0.172312609163
    0.141937445367 0.116139797922
    losses by tensors, with the rate 0.05:
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
    creation_op  the operation: a word, or a word and its arguments
    autograd     must a gradient reach it, or pass through it?
    grad         the gradient, a Tensor of the same shape, or None
    """

    def __init__(self, data, autograd=False, creators=(), op=None):
        self.data = np.asarray(data)
        self.autograd = autograd
        self.creators = creators
        self.creation_op = op
        self.grad = None

    # Which children are on the way to this result? We walk back from
    # the result and count only the children that we meet. Many engines,
    # the book's too, count when a child is computed. Then a child that
    # does not lead to the result, such as an accuracy, is counted and
    # never hands back a gradient. Its creators wait for it forever, and
    # there is no error.
    def children(self):
        """Count how often each tensor was used on the way to self."""
        count, waiting = {}, [self]
        for tensor in waiting:  # grows while it is read
            for x in tensor.creators:
                if x.autograd and x not in count:
                    waiting.append(x)
                count[x] = count.get(x, 0) + 1
        return count

    # Gradients are Tensors, computed by the same operations. With
    # create_graph they keep their creators, and can be differentiated
    # again (step 32). Otherwise only their numbers are kept.
    def backward(self, gy=None, create_graph=False):
        """Add to each tensor's grad; return the tensors in order."""
        gy = gy or type(self)(np.ones_like(self.data))
        count, arrived, ready = self.children(), {self: gy}, [self]
        for tensor in ready:  # grows while it is read
            gy = arrived.pop(tensor)
            same_shape("backward", tensor, gy)
            tensor.grad = tensor.grad + gy if tensor.grad else gy
            for x, gx in zip(tensor.creators, tensor.gradients(gy)):
                gx = gx if create_graph else type(self)(gx.data)
                arrived[x] = arrived[x] + gx if x in arrived else gx
                count[x] -= 1
                if x.autograd and count[x] == 0:
                    ready.append(x)
        return ready

    # case "sum", dim matches a pair that begins with "sum", and gives
    # its second item the name dim.
    #
    # All rules are in one method, which you can read in a minute. But
    # to add an operation, you have to change this method. In dezero a
    # new Function can be written in any file. Neither way is wrong.
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

    # Nothing broadcasts here. expand makes copies along a new axis,
    # and its gradient is a sum over that axis; sum and expand are each
    # other's gradients.
    def sum(self, dim):
        """Return the sums over the axis dim, which disappears."""
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


# The result has the class of its first creator. In step 68 that is a
# subclass with more operations.
def made(op, data, *creators):
    """Return data as a Tensor that knows how it was computed."""
    kind = type(creators[0])
    wanted = any(x.autograd for x in creators)
    return kind(data, True, creators, op) if wanted else kind(data)


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


# Two layers x @ W0 @ W1 learn the second of two inputs. The loss is
# the sum of d * d. Its derivative with respect to d is 2 * d, but by
# hand it is easy to write d. The direction is the same and the steps
# are half as long, so the mistake goes unnoticed. The losses in the
# book were computed like this, with the rate 0.1.
def by_hand(x, t, W0, W1):
    """Return the loss, and the gradients as many people write them."""
    h = x @ W0  # (4, 3)
    d = h @ W1 - t  # (4, 1)
    return (d * d).sum(), x.T @ (d @ W1.T), h.T @ d


# An engine does not forget the 2. So it finds the same losses with half
# the rate, 0.05.
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
        name = way.__name__.replace("_", " ")
        print(f"losses {name}, with the rate {rate}:")
        print(textwrap.fill(losses, 60))
