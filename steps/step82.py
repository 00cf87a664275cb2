"""Step 82. Training it well: one change at a time.

The GPT of step 81 learned with a rate that rises and falls, and with
clipping. What is each of these worth? We train a small GPT five times,
from the same weights and with the same batches. Each time we add one
thing: this gives a ladder of losses.

We begin with Adam and the rate 0.01. Adam's first steps are its worst:
each weight moves by the full rate, on the evidence of a single batch.
So we let the rate rise slowly: a *warm-up* (Goyal and others, 2017).
Later, each batch's gradient is a little off, and at a constant rate the
weights never settle. So we let the rate fall, for instance along a
*cosine schedule* (Loshchilov and Hutter, 2016):

    rate
    peak     .-._
            /    `.
           /       `.
          /          `-.__
    0    +---+------------+---> updates
           warm-up      total

Clipping (step 46) tames an odd batch. Weight decay keeps weights small,
but it should not pull a norm's gamma to 0. So only matrices decay
(AdamW's argument decays). With three other seeds, warm-up and cosine
gained 0.3 again, but clipping and decay at most 0.02.

A large batch gives a better gradient, but its graph may not fit into
memory. backward adds to gradients that are already there (step 14). So
k small batches, one after another, give the gradient of a large one, if
each loss is divided by k. This is called *gradient accumulation*.

To continue tomorrow, call model.save_weights(path) and also
optimizer.save_state(path): Adam needs its m, v and t (step 46).

Exercise: write WarmupStable(peak, warmup, total). It rises as before,
stays at peak until a fifth of total is left, then falls to 0 in a
straight line. What loss does it reach in the last row of the ladder?

In the package: dezero/optimizers/methods.py, AdamW;
dezero/optimizers/schedules.py, WarmupCosine

Output (rtol 0.05):
    held out, after 200 updates:
      Adam, always 0.01       2.51
      and a warm-up           2.31
      and a cosine            2.24
      and clipping            2.19
      and decay of matrices   2.16
    figures/step82_ladder.png
    4 batches of 8, and one of 32:
      the same gradients: True
      memory: 6 MB, and 20 MB
"""

import math
import tracemalloc
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import no_grad
from dezero.datasets import Shakespeare
from dezero.models import GPT
from dezero.optimizers import Adam, ClipGrad


# Adam divides a gradient by its own size. So decay that is added to
# the gradient (the hook WeightDecay of step 46) has hardly any effect
# where gradients are large. AdamW shrinks the parameter itself.
class AdamW(Adam):
    """Adam, but first p -= alpha * weight_decay * p."""

    def __init__(
        self,
        alpha=0.001,
        beta1=0.9,
        beta2=0.999,
        eps=1e-8,
        weight_decay=0.01,
        *,
        lr=None,
        decays=None,
    ):
        super().__init__(alpha, beta1, beta2, eps, lr=lr)
        self.weight_decay = weight_decay
        self.decays = decays  # does a parameter decay? None: all do

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        if self.decays is None or self.decays(param):
            param.data *= 1 - self.alpha * self.weight_decay
        super().update_one(param)


# done goes from 0 to 1, and cos(pi * done) from 1 to -1.
class WarmupCosine:
    """A rate that rises to peak, then falls to least."""

    def __init__(self, peak, warmup, total, least=0.0):
        self.peak = peak
        self.warmup = warmup
        self.total = total
        self.least = least

    def __call__(self, t):
        """Return the rate of update t, from 0 on."""
        if t < self.warmup:
            return self.peak * (t + 1) / self.warmup
        done = min(1, (t - self.warmup) / (self.total - self.warmup))
        share = (1 + math.cos(math.pi * done)) / 2
        return self.least + (self.peak - self.least) * share


# del frees the graph of a batch before the next one is built. So there
# is only one graph at a time, however many batches there are.
def accumulate(model, batches):
    """Add up the gradients of all batches; return the mean loss."""
    model.cleargrads()
    mean = 0.0
    for x, t in batches:
        loss = loss_of(model, x, t) / len(batches)
        loss.backward()
        mean += float(loss.data)
        del loss
    return mean


# The five trainings take about a quarter of a minute.
def train(optimizer, schedule, data, updates=200):
    """Train a new GPT; return it and the loss of each update."""
    np.random.seed(0)  # noqa: NPY002
    model = GPT(len(data.tokenizer), data.context)
    optimizer.setup(model)
    batches, losses = data.batches(np.random.default_rng(0), 8), []
    for t in range(updates):
        losses.append(accumulate(model, [next(batches)]))
        optimizer.alpha = schedule(t)
        optimizer.update()
    return model, losses


def clipped(optimizer):
    """Return the optimizer with the hook ClipGrad(1)."""
    optimizer.add_hook(ClipGrad(1.0))
    return optimizer


def is_matrix(param):
    """Return whether param is a matrix, not a gamma or a bias."""
    return param.ndim >= 2


def peak_memory(f, *args):
    """Return how many megabytes f needs at its peak."""
    tracemalloc.start()
    f(*args)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def draw(curves, file):
    """Draw losses {name: list}, each point a mean of 20 updates."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name, losses in curves.items():
        means = np.convolve(losses, np.full(20, 1 / 20), mode="valid")
        axes.plot(np.arange(20, len(losses) + 1), means, label=name)
    axes.set(xlabel="update", ylabel="loss, mean of 20 updates")
    axes.legend()
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def loss_of(model, x, t):
    """Return the mean cross-entropy over all places of all texts."""
    y = model(x)
    y = y.reshape(-1, y.shape[-1])
    return F.softmax_cross_entropy(y, t.reshape(-1))


def held_out(model, data):
    """Return the loss on the whole text of data."""
    with no_grad():
        return float(loss_of(model, *data.blocks()).data)


if __name__ == "__main__":
    data, test = (
        Shakespeare(train=t, context=32) for t in (True, False)
    )
    cosine = WarmupCosine(0.01, warmup=20, total=200, least=0.001)
    adamw = AdamW(weight_decay=0.1, decays=is_matrix)
    ladder = {
        "Adam, always 0.01": (Adam(), lambda t: 0.01),
        "and a warm-up": (Adam(), lambda t: min(0.01, (t + 1) / 2000)),
        "and a cosine": (Adam(), cosine),
        "and clipping": (clipped(Adam()), cosine),
        "and decay of matrices": (clipped(adamw), cosine),
    }
    print("held out, after 200 updates:")
    curves = {}
    for name, (optimizer, schedule) in ladder.items():
        model, curves[name] = train(optimizer, schedule, data)
        print(f"  {name:23} {held_out(model, test):.2f}", flush=True)
    FIGURES.mkdir(exist_ok=True)
    draw(curves, FIGURES / "step82_ladder.png")
    print("figures/step82_ladder.png")

    print("4 batches of 8, and one of 32:")
    batches = data.batches(np.random.default_rng(1), 8)
    small = [next(batches) for _ in range(4)]
    large = [tuple(map(np.concatenate, zip(*small)))]
    gradients, memory = [], []
    for some in small, large:
        memory.append(peak_memory(accumulate, model, some))
        gradients.append([p.grad.data for p in model.params()])
    same = all(
        np.allclose(a, b, rtol=1e-3, atol=1e-6)
        for a, b in zip(*gradients)
    )
    print("  the same gradients:", same)
    print(f"  memory: {memory[0]:.0f} MB, and {memory[1]:.0f} MB")
