"""Milestone: from a box to a GPT.

In step 1 you put a number into a box. Here a GPT reads 4,600 first
names, and a few seconds later it invents names of its own. It needs
nothing but dezero, which you have built, and NumPy.

How much code is that? If you give a function to sys.settrace, Python
calls it at each line that runs. Ours records the lines of dezero that
run in one update (forward, backward and optimizer) and when the GPT
writes a letter. You know most of these lines from the steps. The
others check arguments, or save time.

Try it: a temperature of 0.3, then of 2. Then depth=4: how many more
lines does a network run that is four times as deep?

Output (rtol 0.1):
    loss 3.33 at first, 2.17 at last
    ronnell sandre jamine zunelia lennna filen marrer
    core           351 lines
    functions      199 lines
    layers         114 lines
    models          84 lines
    optimizers      52 lines
    with others    852 lines
"""

import sys
from pathlib import Path

import numpy as np

import dezero
import dezero.functions as F
from dezero.datasets import Names
from dezero.models import GPT
from dezero.optimizers import Adam

home, lines = str(Path(dezero.__file__).parent), {}


def watch(frame, event, _):
    """Record the line that runs, if it is in dezero."""
    path = frame.f_code.co_filename
    if event == "line":
        part = Path(path).relative_to(home).parts[0].removesuffix(".py")
        lines.setdefault(part, set()).add((path, frame.f_lineno))
    return watch if path.startswith(home) else None


np.random.seed(0)  # noqa: NPY002
data = Names()
vocab = len(data.tokenizer)
model = GPT(vocab, context=16, width=32, depth=1)
# float64, because float32 rounds so much that on another processor the GPT
# would invent other names.
for p in model.params():
    if p.data is not None:
        p.data = p.data.astype(np.float64)
optimizer, losses = Adam(0.01).setup(model), []
batches = data.batches(np.random.default_rng(0), 32)
for update in range(400):
    sys.settrace(watch if update == 399 else None)
    x, t = next(batches)
    loss = F.softmax_cross_entropy(model(x).reshape(-1, vocab), t.reshape(-1))
    model.cleargrads()
    loss.backward()
    optimizer.update()
    losses.append(loss.data)
first = model.generate(data.tokenizer.encode("\n"), 1, seed=0)
sys.settrace(None)

print(f"loss {losses[0]:.2f} at first, {np.mean(losses[-50:]):.2f} at last")
ids = model.generate(first, 60, temperature=0.7, seed=0)
written, known = data.tokenizer.decode(ids).split(), set(data.text.split())
print(*(name for name in written[1:-1] if name not in known))
counts = {part: len(found) for part, found in lines.items()}
for part in "core", "functions", "layers", "models", "optimizers":
    print(f"{part:12}{counts[part]:6} lines")
print(f"{'with others':12}{sum(counts.values()):6} lines")
