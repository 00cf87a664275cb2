"""One step of a recurrent layer as one Function.

Written out, a step of an LSTM is twenty Functions on small arrays, and their calls
take longer than their arithmetic. Fused, it is one, on one matrix W of all weights:

    a = [x, h, 1] @ W,    W = [Wx]    in each row the gates side by side
                              [Wh]
                              [b ]

Inside, everything is transposed, a.T = W.T @ [x, h, 1].T, gate by gate. Then a gate
lies in one piece in memory, where a product of two of them takes 1.3 us instead of
4.5; and the products with W are small enough for OpenBLAS to read the matrices where
they are, without packing them first: 47 us a step for all gates, 71 as one product.

Letters: x in, h the state and output, c the memory; gx, gh, gc their gradients; a
what goes into the gates, y what comes out. N sequences, D numbers in, H out, G gates.
"""

from dezero import cuda
from dezero.core import Config, Function, Variable, _as_input, backward
from dezero.functions.activation import _floating, sigmoid
from dezero.functions.elementwise import tanh
from dezero.functions.shape import Concatenate
from dezero.guards import refusal

__all__ = ["GRUCell", "JoinGates", "LSTMCell", "gru_cell", "join_gates", "lstm_cell"]


class JoinGates(Function):
    """W = the weights Wx of G gates side by side, below them Wh, below them b.

    Shapes: G times (D, H), G times (H, H), G times (H,) -> W (D + H + 1, G * H).

    given     the arrays that were joined
    passes    the backward passes until then
    recurs    whether any Wh met a state: if not, they get no gradient
    """

    recurs = True

    def forward(self, *parts):
        xp = cuda.get_array_module(parts[0])
        self.given, self.passes = parts, backward.passes
        G, (D, H) = len(parts) // 3, parts[0].shape
        W = xp.empty((D + H + 1, G * H), xp.result_type(*parts))
        rows = [W[:D], W[D:-1], W[-1:]]
        for i, part in enumerate(parts):
            rows[i // G][:, i % G * H : (i % G + 1) * H] = part
        return W

    def backward(self, gW):
        parts = self.inputs
        G, (D, H) = len(parts) // 3, parts[0].shape
        columns = [slice(k * H, (k + 1) * H) for k in range(G)]
        gWxs = [gW[:D, column] for column in columns]
        gWhs = [gW[D:-1, column] if self.recurs else None for column in columns]
        gbs = [gW[-1, column] for column in columns]
        return (*gWxs, *gWhs, *gbs)


class LSTMCell(Function):
    """h, c = one step of an LSTM.

        f, i, o = sigmoid(a[0]), sigmoid(a[1]), sigmoid(a[2])
        u = tanh(a[3])
        c' = f * c + i * u
        h' = o * tanh(c')

    where a[k] are the columns kH to (k + 1)H of a = [x, h, 1] @ W.

    Shapes: x (N, D), h and c (N, H), W (D + H + 1, 4H) -> h' and c' (N, H).
    """

    def forward(self, x, h, c, W):
        _check("lstm_cell", "(N, H), (N, H) and (D + H + 1, 4H)", 4, x, h, W, c)
        xp = cuda.get_array_module(x)
        a = _by_gate(W, 4).transpose((0, 2, 1)) @ _with_ones(x.T, h.T, 0)
        y = _floating(a)  # (4, H, N)
        f, i, o, u = _become_gates(y, 3)
        c = f * c.T
        c += i * u
        t = xp.tanh(c)
        self.known = y, t
        return (o * t).T, c.T

    def backward(self, gh, gc):
        x, h, c, W = self.inputs
        y, t = self.known if not Config.wrap else _lstm_state(x, h, c, W)
        f, i, o, u = y
        gh, gc, c = gh.T, gc.T, c.T

        gho = gh * o
        ghot = gho * t
        gc = gc + (gho - ghot * t)  # tanh' = 1 - t * t
        gcf, gci = gc * f, gc * i
        gciu = gci * u
        # sigmoid' = s * (1 - s) and tanh' = (1 + u) * (1 - u): the last factor of all
        # four gates in one pass, the others shared with what is needed anyway.
        ga = _concatenate(0, gcf * c, gciu, ghot, gci + gciu).reshape(y.shape)
        ga *= 1 - y
        gx, gh = _back_to_inputs(self, W, ga, ga)
        gW = _with_ones(x, h).T.dot(_side_by_side(ga))
        return gx, gh, gcf.T, gW


class GRUCell(Function):
    """h = one step of a GRU.

        r, z = sigmoid(a[0] + d[0]), sigmoid(a[1] + d[1])
        n = tanh(a[2] + r * d[2])
        h' = (1 - z) * n + z * h

    where a[k] and d[k] are the columns kH to (k + 1)H of a = x @ Wx + b and d = h @ Wh,
    W having Wx, Wh and b in its rows.

    Shapes: x (N, D), h (N, H), W (D + H + 1, 3H) -> h' (N, H).
    """

    def forward(self, x, h, W):
        _check("gru_cell", "(N, H) and (D + H + 1, 3H)", 3, x, h, W)
        xp = cuda.get_array_module(x)
        D = x.shape[1]
        V = _by_gate(W, 3).transpose((0, 2, 1))  # (3, H, D + H + 1)
        y = _floating(V[:, :, :D] @ x.T)  # (3, H, N)
        y += V[:, :, -1:]
        d = V[:, :, D:-1] @ h.T
        y[:2] += d[:2]
        r, z = _become_gates(y[:2], 2)
        d = d[2].copy()  # of the rest nothing is kept
        n = y[2]
        n += r * d
        xp.tanh(n, out=n)
        self.known = y, d
        return (n + z * (h.T - n)).T

    def backward(self, gh):
        x, h, W = self.inputs
        y, d = self.known if not Config.wrap else _gru_state(x, h, W)
        r, z, n = y
        s = y[:2]
        gh = gh.T

        gn = gh * (1 - z) * (1 - n * n)
        gs = _concatenate(0, gn * d, gh * (h.T - n)).reshape(s.shape)
        gs *= s
        gs *= 1 - s
        gn = gn.reshape((1, *gn.shape))
        ga = _concatenate(0, gs, gn)  # (3, H, N)
        gd = _concatenate(0, gs, gn * r)
        gx, gh_before = _back_to_inputs(self, W, ga, gd)
        if gh_before is not None:
            gh_before = gh_before + (gh * z).T
        ga, gd = _side_by_side(ga), _side_by_side(gd)
        gb = ga.sum(axis=0, keepdims=True)
        return gx, gh_before, _concatenate(0, x.T.dot(ga), h.T.dot(gd), gb)


def join_gates(Wxs, Whs, bs) -> Variable:
    """Return W for lstm_cell or gru_cell from the weights and biases of its gates.

    Shapes: lists of (D, H), of (H, H) and of (H,), G of each -> (D + H + 1, G * H).
    Raises ValueError where they do not fit.
    """
    parts = []
    for name, arrays in ("Wxs", Wxs), ("Whs", Whs), ("bs", bs):
        if not isinstance(arrays, (list, tuple)) or not arrays:
            expected = "a list of arrays or Variables, one for each gate"
            raise TypeError(refusal("join_gates", name, expected, arrays, 60))
        parts += [_as_input("join_gates", a, f"an element of {name}") for a in arrays]
    G = len(Wxs)
    shapes = [a.shape for a in parts]
    D, H = shapes[0] if len(shapes[0]) == 2 else (None, None)
    if shapes != [(D, H)] * G + [(H, H)] * G + [(H,)] * G:
        raise ValueError(
            "join_gates: expected weights (D, H) and (H, H) and a bias (H,) for each "
            f"gate, got {', '.join(map(str, shapes))} (see step 60)"
        )
    return JoinGates()(*parts)


def lstm_cell(x, h, c, W) -> list[Variable]:
    """Return h, c after one step of an LSTM (see step 60).

    Shapes: x (N, D), h and c (N, H), W (D + H + 1, 4H) -> h, c (N, H). The columns
    of W are those of the gates f, i, o and u, in this order; see join_gates.
    """
    return LSTMCell()(*_given("lstm_cell", x=x, h=h, c=c, W=W))


def gru_cell(x, h, W) -> Variable:
    """Return h after one step of a GRU.

    Shapes: x (N, D), h (N, H), W (D + H + 1, 3H) -> h (N, H). The columns of W are
    those of the gates r, z and n, in this order; see join_gates.
    """
    return GRUCell()(*_given("gru_cell", x=x, h=h, W=W))


def _given(who, **inputs):
    """Return the inputs, each an array or a Variable."""
    return [_as_input(who, x, name) for name, x in inputs.items()]


def _check(name, shapes, G, x, h, W, *cs):
    """Raise ValueError unless the shapes of h, W and all cs fit that of x."""
    if x.ndim == h.ndim == 2 and len(x) == len(h):
        D, H = x.shape[1], h.shape[1]
        if W.shape == (D + H + 1, G * H) and all(c.shape == h.shape for c in cs):
            return
    got = ", ".join(str(a.shape) for a in (x, h, *cs, W))
    raise ValueError(
        f"{name}: {'x, h, c' if cs else 'x, h'} and W must be (N, D), {shapes}, got "
        f"{got} (see step 60)"
    )


def _by_gate(W, G):
    """Return W as the weights (D + H + 1, H) of each of G gates."""
    return W.reshape((len(W), G, -1)).transpose((1, 0, 2))


def _side_by_side(ga):
    """Return (G, H, N) as (N, G * H), as the gates stand in W."""
    G, H, N = ga.shape
    return ga.reshape((G * H, N)).T


def _concatenate(axis, *xs):
    """Return arrays, or Variables, one after the other along axis."""
    if isinstance(xs[0], Variable):
        return Concatenate(axis)(*xs)
    return cuda.get_array_module(xs[0]).concatenate(xs, axis)


def _with_ones(x, h, axis=1):
    """Return [x, h, 1], (N, D + H + 1), or with axis 0, of x.T and h.T, its transpose.

    The bias in W's last row meets the ones.
    """
    shape = (len(x), 1) if axis == 1 else (1, x.shape[1])
    return _concatenate(axis, x, h, cuda.get_array_module(x).ones(shape, h.dtype))


def _become_gates(a, sigmoids):
    """Write sigmoid over the first of the gates a, tanh over the others; return a.

    sigmoid(x) = (tanh(x / 2) + 1) / 2, so one tanh serves all: 8 us where exp for
    the sigmoids takes 12. It is right to 1e-7, near 0 not to as many digits.

    In place: the graph keeps these numbers for every step of a sequence, and memory
    that was not used before costs as much as the arithmetic.
    """
    s = a[:sigmoids]
    s *= 0.5
    cuda.get_array_module(a).tanh(a, out=a)
    s += 1
    s *= 0.5
    return a


def _lstm_state(x, h, c, W):
    """Return what LSTMCell.forward keeps, as Variables that depend on its inputs."""
    a = _by_gate(W, 4).transpose((0, 2, 1)) @ _with_ones(x.T, h.T, 0)
    s, u = sigmoid(a[:3]), tanh(a[3:])
    t = tanh(s[0] * c.T + s[1] * u[0])
    return Concatenate(0)(s, u), t


def _gru_state(x, h, W):
    """Return what GRUCell.forward keeps, as Variables that depend on its inputs."""
    V, D = _by_gate(W, 3).transpose((0, 2, 1)), x.shape[1]
    a, d = V[:, :, :D] @ x.T + V[:, :, -1:], V[:, :, D:-1] @ h.T
    s = sigmoid(a[:2] + d[:2])
    n = tanh(a[2:] + s[0] * d[2])
    return Concatenate(0)(s, n), d[2]


def _back_to_inputs(func, W, ga, gd):
    """Return gx from what the gates get of x, gh from what they get of h."""
    W, D = _by_gate(W, len(ga)), func._inputs[0].shape[1]
    gx = (W[:, :D] @ ga).sum(axis=0).T if func.needs_grad(0) else None
    gh = (W[:, D:-1] @ gd).sum(axis=0).T if func.needs_grad(1) else None
    return gx, gh
