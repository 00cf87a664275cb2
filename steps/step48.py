"""Step 48. Many classes: a network draws the borders by itself.

Three hundred points lie in the plane, on three arms of a spiral.
Which arm does a point belong to? A network computes three scores,
and softmax with cross-entropy (step 47) turns them into a loss:

    x (N, 2)
      |   linear
    (N, H)
      |   sigmoid
    (N, H)
      |   linear
    scores (N, 3)  ->  loss ()

The highest score is the answer. Every point of the plane gets an
answer, not only the three hundred, so the plane is divided into
three regions. The border between two of them is called a *decision
boundary*. Without a hidden layer the scores are linear, and the
border, where two scores are equal, is a straight line. No straight
line follows a spiral. With H soft steps (step 43) the border can bend.

Up to now, each step of gradient descent looked at all the data. But
the gradient of 30 points, picked at random, has roughly the same
direction, for a tenth of the work. So we walk through the data in
portions of 30, called *mini-batches*, and take a step for each. A
walk through all the data is called an *epoch*:

    order = a random permutation of 0 ... N-1
    for start in 0, 30, 60, ...:
        batch = order[start : start + 30]
        x[batch], t[batch] -> loss -> update

The order is new in each epoch. Without that, the same 30 points
would always be together; and if the points were sorted by arm, each
batch would pull towards its arm.

Exercise: take batches of 300, and of 1. How many epochs does the
network need, and how many updates? Then leave out the shuffling,
with the points sorted by arm.

In the package: dezero/datasets/small.py, get_spiral

Output (rtol 0.05):
    300 points: 100 + 100 + 100
    no hidden layer:
      epoch   1  loss 1.06  right: 158
      epoch  10  loss 0.75  right: 164
      epoch  30  loss 0.74  right: 167
    10 hidden units:
      epoch   1  loss 1.20  right: 146
      epoch  10  loss 0.80  right: 169
      epoch  30  loss 0.72  right: 165
      epoch 100  loss 0.34  right: 263
      epoch 300  loss 0.11  right: 291
    figures/step48_spiral.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import no_grad
from dezero.models import MLP
from dezero.optimizers import SGD


# The points are computed here, and are the same on every call. What if
# the data is in files, needs preparation, or does not fit into memory?
# Step 49 deals with that, and step 50 makes the batches.
def get_spiral(train=True):
    """Return x (300, 2), t (300,): three arms of a spiral, shuffled.

    Arm j, point i of 100: radius i / 100, angle 4 j + 4 i / 100 and
    a little noise. The same points on every call; train=False gives
    others of the same kind.
    """
    # DeZero's points, which come from NumPy's legacy generator.
    rng = np.random.RandomState(1984 if train else 2020)
    t = np.repeat(np.arange(3), 100)
    radius = np.tile(np.arange(100) / 100, 3)
    theta = t * 4.0 + 4.0 * radius + rng.randn(300) * 0.2
    x = np.stack(
        [radius * np.sin(theta), radius * np.cos(theta)], axis=1
    )
    order = rng.permutation(300)
    return x.astype(np.float32)[order], t[order]


# The loss goes up and down from batch to batch. Its mean over an epoch
# shows how the training is going.
def train_epoch(model, optimizer, x, t, batch_size, rng):
    """Walk through x, t once, in batches; return the mean loss."""
    order = rng.permutation(len(x))
    total = 0.0
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        loss = F.softmax_cross_entropy(model(x[batch]), t[batch])
        model.cleargrads()
        loss.backward()
        optimizer.update()
        total += float(loss.data) * len(batch)
    return total / len(x)


def right(model, x, t):
    """Return how many points get the right class."""
    with no_grad():
        scores = model(x).data  # (N, 3)
    return int((scores.argmax(axis=1) == t).sum())


def draw(models, x, t, file):
    """Draw each model's answers; models is {title: model}."""
    figure = Figure(figsize=(9, 4.8), layout="constrained")
    every = figure.subplots(1, len(models), sharey=True)
    side = np.linspace(-1.15, 1.15, 301, dtype=np.float32)
    u, v = np.meshgrid(side, side)
    plane = np.stack([u.ravel(), v.ravel()], axis=1)  # (301 * 301, 2)
    colors = ["tab:blue", "tab:orange", "tab:green"]
    for axes, (title, model) in zip(every, models.items()):
        with no_grad():
            answer = model(plane).data.argmax(axis=1).reshape(u.shape)
        axes.contourf(
            u,
            v,
            answer,
            [-0.5, 0.5, 1.5, 2.5],
            colors=colors,
            alpha=0.3,
        )
        for j, (color, marker) in enumerate(zip(colors, "ox^")):
            arm = x[t == j]
            axes.scatter(*arm.T, s=12, color=color, marker=marker)
        axes.set(title=title, aspect="equal")
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    # a Linear draws its first weights from the legacy generator
    np.random.seed(0)  # noqa: NPY002
    x, t = get_spiral()
    counts = " + ".join(str(n) for n in np.bincount(t))
    print(f"{len(x)} points: {counts}")

    models = {
        "no hidden layer": MLP((3,)),
        "10 hidden units": MLP((10, 3)),
    }
    for (name, model), epochs in zip(models.items(), (30, 300)):
        optimizer = SGD(lr=1.0).setup(model)
        print(f"{name}:")
        for epoch in range(1, epochs + 1):
            loss = train_epoch(model, optimizer, x, t, 30, rng)
            if epoch in (1, 10, 30, 100, 300):
                print(f"  epoch {epoch:3}  loss {loss:.2f}", end="  ")
                print(f"right: {right(model, x, t)}")
    FIGURES.mkdir(exist_ok=True)
    draw(models, x, t, FIGURES / "step48_spiral.png")
    print("figures/step48_spiral.png")
