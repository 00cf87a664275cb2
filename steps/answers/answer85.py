"""Answer to the exercise of step 85.

All Variables are in nested lists, and a function that calls itself
finds them. Each gets a new array: the old one belongs to the graph.

Three updates on one name take about five seconds, and the losses are
those of the arrays. The scalars learn just as well, but more slowly.

Output:
    scalars: 3.327 3.023 2.911
    arrays:  3.327 3.023 2.911
"""

import numpy as np

from dezero.core_simple import Variable
from dezero.datasets import Names
from dezero.models import GPT
from dezero.optimizers import SGD
from step85 import ScalarGPT, backward, loss_of


def update(gpt, rate):
    """Move all numbers of gpt against their gradients; clear these."""
    for part in vars(gpt).values():
        change(part, rate)


def change(part, rate):
    """Update a Variable, or all Variables in a list or tuple."""
    if isinstance(part, (list, tuple)):
        for inner in part:
            change(inner, rate)
    elif isinstance(part, Variable) and part.grad is not None:
        part.data = np.array(part.data - rate * part.grad)
        part.cleargrad()


if __name__ == "__main__":
    names, tokenizer = Names().text.split(), Names().tokenizer
    np.random.seed(0)  # noqa: NPY002
    model = GPT(len(tokenizer), 16, width=16, depth=1)
    ids = np.array([tokenizer.encode(f"\n{names[0]}\n")])
    x, t = ids[:, :-1], ids[:, 1:]
    model(x)  # makes the weights
    gpt, optimizer = ScalarGPT(model), SGD(0.2).setup(model)
    losses = []
    for _ in range(3):
        loss = gpt.loss(x[0], t[0])
        backward(loss)
        update(gpt, 0.2)
        losses.append(f"{float(loss.data):.3f}")
    print("scalars:", *losses)
    losses = []
    for _ in range(3):
        loss = loss_of(model, x, t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(f"{float(loss.data):.3f}")
    print("arrays: ", *losses)
