"""What `python -m steps play N` plays: one small recipe a step.

    player(14)        a page, as dezero.graph.play makes it
    PLAYS             {14: its recipe}

A recipe runs code of the step itself, and says which expression is
played. If the step is about a mistake, a second run, of the step's own
wrong variant, is shown beside it. NumPy, dezero and the steps are
imported when a recipe runs: `python -m steps` alone needs none of them.
"""

import contextlib
import importlib.util
import io
import sys
from pathlib import Path

STEPS = Path(__file__).resolve().parents[1]
PLAYS = {}


def recipe(number, title):
    """Register a function as the recipe of a step.

    It is given the step and NumPy, and returns traces.
    """

    def note(make):
        PLAYS[number] = (title, make)
        return make

    return note


def player(number, to_file=None):
    """Return the player of a step, and write it to a file if one is given."""
    from dezero.player.page import save

    title = f"Step {number}: {PLAYS[number][0]}"
    return save(traces(number), title, to_file)


def traces(number):
    """Run the recipe of a step; return what happened, once or more."""
    import numpy as np

    from dezero.player.watch import trace

    _, make = PLAYS[number]
    step = load(STEPS / f"step{number:02}.py")
    with contextlib.redirect_stdout(io.StringIO()):  # some print
        return make(step, np, trace)


def load(path):
    """Return a step as a fresh module, its demo not run."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ready():
    """Return the numbers of the steps that can be played, as text."""
    return ", ".join(map(str, sorted(PLAYS)))


def check(number):
    """Raise StepError unless a step can be played."""
    from .reader import StepError

    if number not in PLAYS:
        raise StepError(
            f"step {number} has no player; steps {ready()} have one. "
            "Play a result of your own with dezero.graph.play(y)"
        )


@recipe(6, "each Function hands its gradient on, by hand")
def by_hand(step, np, trace):
    """The three lines of step 6, at x = 1."""
    first, second, third = step.Square(), step.Exp(), step.Square()
    x = step.Variable(np.array(1.0))
    a = first(x)
    b = second(a)
    z = third(b)

    def run(see):
        z.grad = np.array(1.0)
        b.grad = third.backward(z.grad)
        a.grad = second.backward(b.grad)
        x.grad = first.backward(a.grad)

    links = [(first, [x], [a]), (second, [a], [b]), (third, [b], [z])]
    names = {"x": x, "a": a, "b": b, "z": z}
    return [trace(z, run, names=names, links=links)]


@recipe(7, "each result knows its creator")
def links(step, np, trace):
    """The recursion of step 7."""
    x = step.Variable(np.array(0.5))
    a = step.Square()(x)
    b = step.Exp()(a)
    y = step.Square()(b)

    def run(see):
        y.grad = np.array(1.0)
        y.backward()

    return [trace(y, run, names={"x": x, "a": a, "b": b, "y": y})]


@recipe(8, "a loop goes backwards")
def loop(step, np, trace):
    """The bank of step 8, with four payments."""
    x = step.Variable(np.array(1.0))
    y = step.grow(x, 4)

    def run(see):
        y.grad = np.array(1.0)
        y.backward()

    return [trace(y, run, names={"x": x, "y": y})]


@recipe(13, "z = x**2 + y**2, two inputs")
def two_inputs(step, np, trace):
    """The first example of step 13."""
    x = step.Variable(np.array(2.0))
    y = step.Variable(np.array(3.0))
    z = step.sum_of_squares(x, y)
    return [trace(z, names={"x": x, "y": y, "z": z})]


@recipe(14, "y = x + x + x, one Variable used three times")
def used_twice(step, np, trace):
    """Step 14's backward, and beside it step 13's way to store."""

    def run(title, wrong, note, backward):
        x = step.Variable(np.array(3.0))
        t = step.add(x, x)
        y = step.add(t, x)
        names = {"x": x, "t": t, "y": y}
        return trace(
            y,
            lambda see: backward(y),
            names=names,
            title=title,
            wrong=wrong,
            note=note,
        )

    return [
        run("step 14: gradients add up", False, "", lambda y: y.backward()),
        run(
            "wrong, step 13: x.grad = gx, the last one wins",
            True,
            "The slope is 3.",
            lambda y: step.backward_with(step.overwrite, y),
        ),
    ]


@recipe(15, "the diamond, in the right order and in the wrong one")
def diamond(step, np, trace):
    """The order by hand, and beside it the simple loop."""

    def run(title, wrong, note, backward):
        x = step.Variable(np.array(2.0))
        y, funcs = step.diamond(x)
        A, B, C, _ = funcs
        a, b, c = A.outputs[0], B.outputs[0], C.outputs[0]
        names = dict(zip("ABCD", funcs))
        names |= {"x": x, "a": a, "b": b, "c": c, "y": y}
        return trace(
            y,
            lambda see: backward(y, funcs),
            names=names,
            title=title,
            wrong=wrong,
            note=note,
        )

    return [
        run(
            "in this order: D, C, B, A",
            False,
            "",
            lambda y, funcs: step.in_this_order(y, funcs[::-1]),
        ),
        run(
            "wrong, step 14's loop: the newest first",
            True,
            "By hand, 8 * x**3 is 64: A was visited too early.",
            lambda y, funcs: step.simple_loop(y),
        ),
    ]


@recipe(16, "the diamond, by generation")
def generations(step, np, trace):
    """The diamond of step 16."""
    x = step.Variable(np.array(2.0))
    A, B, C, D = step.Square(), step.Square(), step.Square(), step.Add()
    a = A(x)
    b = B(a)
    c = C(a)
    y = D(b, c)
    names = {"A": A, "B": B, "C": C, "D": D}
    names |= {"x": x, "a": a, "b": b, "c": c, "y": y}
    return [trace(y, names=names)]


@recipe(18, "which gradients are kept")
def kept(step, np, trace):
    """Two squares, with and without retain_grad."""

    def run(title, retain_grad):
        x = step.Variable(np.array(3.0))
        a = step.square(x)
        y = step.square(a)
        names = {"x": x, "a": a, "y": y}
        return trace(
            y,
            lambda see: y.backward(retain_grad),
            names=names,
            title=title,
        )

    return [run("leaves only", False), run("retain_grad=True", True)]


@recipe(32, "backward builds the graph of dy/dx")
def second_order(step, np, trace):
    """y = x**4 - 2 * x**2 with the four methods of step 32."""
    old = step.install(step.NEW)
    try:
        x = step.engine.Variable(np.array(2.0), "x")
        y = step.quartic(x)
        y.name = "y"
        return [trace(y, lambda see: y.backward(create_graph=True))]
    finally:
        step.install(old)


@recipe(35, "tanh, differentiated twice")
def tanh_twice(step, np, trace):
    """The step's Tanh, and then the graph of its gradient."""
    from dezero import Variable

    x = Variable(np.array(1.0), "x")
    y = step.tanh(x)
    y.name = "y"

    def run(see):
        y.backward(create_graph=True)
        gx = x.grad
        gx.name = "y'"
        see(gx, "The first derivative is a result like any other")
        x.cleargrad()
        gx.backward(create_graph=True)

    return [trace(y, run)]


@recipe(36, "z = (dy/dx)**3 + y, a gradient in a formula")
def gradient_inside(step, np, trace):
    """The first example of step 36."""
    x = step.Variable(np.array(2.0), "x")
    y = x**2
    y.name = "y"

    def run(see):
        y.backward(create_graph=True)
        gx = x.grad
        gx.name = "dy/dx"
        z = gx**3 + y
        z.name = "z"
        see(z, "Now dy/dx is part of a formula")
        x.cleargrad()
        z.backward()

    return [trace(y, run)]


@recipe(40, "stretched forward, summed backward")
def stretched(step, np, trace):
    """x + b with shapes (3,) and (1,); beside it the Add of step 13."""

    def run(title, add, wrong):
        x = step.Variable(np.array([1.0, 2.0, 3.0]), "x")
        b = step.Variable(np.array([10.0]), "b")
        y = add(x, b)
        y.name = "y"
        return trace(y, title=title, wrong=wrong)

    return [
        run("step 40: summed to the shape of b", step.add, False),
        run("wrong, step 13's Add: gy for both", step.OldAdd(), True),
    ]


@recipe(43, "a network of two layers")
def network(step, np, trace):
    """The network of step 43 with three hidden units, four samples."""
    rng = np.random.default_rng(0)
    x = step.Variable(np.linspace(-1, 1, 4).reshape(-1, 1), "x")
    t = step.Variable(step.wave(x.data), "t")
    W1, b1, W2, b2 = step.start([1, 3, 1], rng)
    s = step.linear(x, W1, b1)
    h = step.sigmoid(s)
    p = step.linear(h, W2, b2)
    loss = step.mean_squared_error(p, t)
    names = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    names |= {"s": s, "h": h, "p": p, "loss": loss}
    return [trace(loss, names=names)]


@recipe(54, "dropout: the gradient goes where the number went")
def dropped(step, np, trace):
    """Eight numbers, in training."""
    from dezero import Variable

    state = np.random.get_state()
    try:
        np.random.seed(0)
        x = Variable(np.arange(1.0, 9.0), "x")
        y = step.dropout(x)
    finally:
        np.random.set_state(state)
    y.name = "y"
    z = (y * y).sum()
    z.name = "z"
    return [trace(z)]


@recipe(61, "max when two are the largest")
def ties(step, np, trace):
    """Shared evenly, and beside it: the first wins."""

    def run(title, function, note):
        x = step.Variable(np.array([1.0, 3.0, 3.0]), "x")
        y = function(x)
        y.name = "y"
        return trace(y, title=title, note=note)

    note = "Move the other 3 up instead: y moves just as much."
    return [
        run("shared evenly", step.Max(axis=0), ""),
        run("the first wins", step.FirstWins(axis=0), note),
    ]


@recipe(65, "e = (a + b) * d")
def anatomy(step, np, trace):
    """The graph of step 65."""
    a, b, d = (
        step.Variable(np.array(value), name)
        for name, value in [("a", 2.0), ("b", 3.0), ("d", 4.0)]
    )
    c = a + b
    e = c * d
    c.name, e.name = "c", "e"
    return [trace(e)]


@recipe(66, "where a gradient stops")
def stopped(step, np, trace):
    """y * y; then one factor detached; then under no_grad."""
    from dezero import no_grad

    def run(title, product, wrong, note):
        x = step.Variable(np.array(2.0), "x")
        y = 1 * x
        y.name = "y"
        z = product(y)
        z.name = "z"
        return trace(z, title=title, wrong=wrong, note=note)

    def cut(y):
        apart = y.detach()
        apart.name = "y.detach()"
        return y * apart

    def unrecorded(y):
        with no_grad():
            return y * y

    note = "Only one of the two factors counts: half of 4.0."
    return [
        run("z = y * y", lambda y: y * y, False, ""),
        run("z = y * y.detach()", cut, False, note),
        run("an error: z = y * y under no_grad", unrecorded, True, ""),
    ]


@recipe(71, "one pass of backward is one row of the Jacobian")
def rows(step, np, trace):
    """The function of step 71, and two of its three rows."""

    def run(i):
        x = step.Variable(np.array([1.0, 2.0]), "x")
        y = step.f(x)
        y.name = "y"
        w = np.eye(3)[i]
        return trace(
            y,
            lambda see: y.backward(gradient=w),
            title=f"w = {w.astype(int)}",
            note=f"This is row {i + 1} of the Jacobian.",
        )

    return [run(0), run(1)]


@recipe(76, "attention: a swan asks a hen and a carp")
def lookup(step, np, trace):
    """One query, three keys, their numbers of legs."""
    words = "hen", "carp", "bee"
    q = step.Variable(step.vectors(["swan"]), "q")
    k = step.Variable(step.vectors(words), "k")
    v = step.Variable(np.array([[2.0], [0.0], [6.0]]), "v")
    p = step.weights(q, k)
    y = p @ v
    p.name, y.name = "weights", "y"
    return [trace(y)]


@recipe(80, "a transformer block: each gradient comes by two paths")
def block(step, np, trace):
    """A new block of width 2; then one whose parts add something."""
    from dezero import Variable

    def run(title, size, note):
        state = np.random.get_state()
        try:
            np.random.seed(0)
            block = step.TransformerBlock(2, heads=1)
        finally:
            np.random.set_state(state)
        rng = np.random.default_rng(0)
        for layer in block.attention.out, block.down:
            layer.W.data = size * rng.normal(size=layer.W.shape)
        x = Variable(rng.normal(size=(1, 2, 2)), "x")
        y = block(x)
        y.name = "y"
        return trace(y, title=title, note=note)

    return [
        run("new: y = x", 0, "Only the straight path has brought x its gradient."),
        run("after some training", 1, "Now each part has added to it."),
    ]


if __name__ == "__main__":
    sys.path[0] = str(STEPS)
    arguments = sys.argv[1:]
    folder = STEPS.parent / "figures"
    if arguments[:1] == ["--to"]:
        folder, arguments = Path(arguments[1]), arguments[2:]
    folder.mkdir(exist_ok=True)
    for argument in arguments:
        file = folder / f"play{int(argument):02}.html"
        made = player(int(argument), file)
        size = len(made.html.encode()) / 1000
        print(f"{folder.name}/{file.name}: {size:.0f} KB, open it in a browser")
