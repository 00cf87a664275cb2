"""Answer to the exercise of step 69.

p is softmax(x), and we know the gradient of softmax: gx is
p * (gy - sum(gy * p)), where the sum runs over the row. excess is p
minus constants, so it has the same rule. The one-hot rows are stored
with the operation, because p = excess + one-hot is needed again. With
this case the loss in one piece has second derivatives, and dezero
finds the same.

No x picks row 0 of the table. index_add never adds anything to that
row, so its gradient is 0 and training does not move it. A word that
never occurs keeps its random row.

Output:
    gradient of the sum of squares of the gradient:
    [[-0.1163  0.1231 -0.0068]
     [ 0.0033  0.0132 -0.0165]]
    the same in dezero: True
    rows of the table that training moved: [1 2]
"""

import numpy as np

import dezero.functions as F
import step69
from dezero import Variable
from step67 import made
from step69 import SGD, Sequential, layers, one_hot

row_0 = "stay"  # is what row 0 of the table does


class Tensor(step69.Tensor):
    """A Tensor whose cross_entropy has second derivatives."""

    def cross_entropy(self, t):
        """Return the mean of -log p[t]; p is softmax of each row."""
        loss = super().cross_entropy(t)
        hot = one_hot(t, self.data.shape[1]).data
        loss.creation_op = (*loss.creation_op, hot)
        return loss

    def gradients(self, gy):
        """Return a gradient for each creator, from that of self."""
        match self.creation_op:
            case "cross_entropy", excess, hot:
                N, K = excess.shape
                gy = (gy * Tensor(1 / N)).expand(0, K).expand(0, N)
                op = "excess", hot
                return (gy * made(op, excess, self.creators[0]),)
            case "excess", hot:
                p = self + Tensor(hot)
                mean = (gy * p).sum(1).expand(1, hot.shape[1])
                return (p * (gy - mean),)
        return super().gradients(gy)


def second(x, loss):
    """Return the gradient of sum(g * g), g the gradient of loss."""
    loss.backward(create_graph=True)
    g, x.grad = x.grad, None
    (g * g).backward()
    return x.grad.data


if __name__ == "__main__":
    data = np.array([[1.0, 2.0, 0.5], [0.0, 1.0, 3.0]])
    t = np.array([0, 2])
    x = Tensor(data, autograd=True)
    ours = second(x, x.cross_entropy(t))
    print("gradient of the sum of squares of the gradient:")
    print(ours.round(4))
    v = Variable(data)
    theirs = second(v, F.softmax_cross_entropy(v, t))
    print("the same in dezero:", np.allclose(ours, theirs))

    x, t = np.array([1, 2, 1, 2]), np.array([0, 1, 0, 1])
    model = Sequential(layers())
    table = model.layers[0].W
    before = table.data
    optimizer = SGD(model.parameters(), 0.4)
    for _ in range(10):
        model(x).cross_entropy(t).backward()
        optimizer.step()
    moved = np.flatnonzero((table.data != before).any(axis=1))
    print("rows of the table that training moved:", moved)
