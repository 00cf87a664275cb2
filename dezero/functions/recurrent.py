"""One step of a recurrent layer as one Function.

Written out, a step of an LSTM is twenty Functions on small arrays, and their calls
take longer than their arithmetic. Fused, it is one, and all gates are one product:

    a = [x, h, 1] @ W,    W = [Wx]    in each row the gates side by side
                              [Wh]
                              [b ]

Letters: x in, h the state and output, c the memory; gx, gh, gc their gradients; s
what the sigmoids gave, side by side. N sequences, D numbers in, H out, G gates.
"""

import numpy as np

from dezero import cuda
from dezero.core import Config, Function, Variable, _sum_later
from dezero.functions.activation import _floating, sigmoid
from dezero.functions.elementwise import tanh
from dezero.functions.linalg import _sum_rows
from dezero.functions.shape import Concatenate

__all__ = ["GRUCell", "JoinGates", "LSTMCell", "gru_cell", "join_gates", "lstm_cell"]


class JoinGates(Function):
    """W = the weights Wx of G gates side by side, below them Wh, below them b.

    Shapes: G times (D, H), G times (H, H), G times (H,) -> W (D + H + 1, G * H).

    given    the arrays that were joined
    spent    whether a backward came by: after one, weights are changed in place
    """

    spent = False

    def forward(self, *parts):
        xp = cuda.get_array_module(parts[0])
        self.given = parts
        G, (D, H) = len(parts) // 3, parts[0].shape
        W = xp.empty((D + H + 1, G * H), xp.result_type(*parts))
        rows = [W[:D], W[D:-1], W[-1:]]
        for i, part in enumerate(parts):
            rows[i // G][:, i % G * H : (i % G + 1) * H] = part
        return W

    def backward(self, gW):
        self.spent = True
        parts = self.inputs
        G, (D, H) = len(parts) // 3, parts[0].shape
        places = [slice(None, D), slice(D, -1), -1]
        columns = [slice(k * H, (k + 1) * H) for k in range(G)]
        return tuple(gW[rows, column] for rows in places for column in columns)


class LSTMCell(Function):
    """h, c = one step of an LSTM.

        f, i, o = sigmoid(a[0]), sigmoid(a[1]), sigmoid(a[2])
        u = tanh(a[3])
        c' = f * c + i * u
        h' = o * tanh(c')

    where a[k] are the columns kH to (k + 1)H of a = [x, h, 1] @ W.

    Inside, everything is transposed: then a gate is rows of a, side by side in memory,
    and a product of two of them takes 1.3 us instead of 4.5.

    Shapes: x (N, D), h and c (N, H), W (D + H + 1, 4H) -> h' and c' (N, H).
    """

    def forward(self, x, h, c, W):
        xp = cuda.get_array_module(x)
        H = c.shape[1]
        rows = _transposed(x, h)
        y = _floating(W.T.dot(rows))  # (4H, N)
        f, i, o, u = (y[k * H : (k + 1) * H] for k in range(4))
        _become_sigmoid(y[: 3 * H])
        xp.tanh(u, out=u)
        c = f * c.T
        c += i * u
        t = xp.tanh(c)
        self.known = rows, y, t
        return (o * t).T, c.T

    def backward(self, gh, gc):
        x, h, c, W = self.inputs
        rows, y, t = self.known if Config.bare else _lstm_state(x, h, c, W)
        D, H = x.shape[1], h.shape[1]
        f, i, o, u = (y[k * H : (k + 1) * H] for k in range(4))
        gh, gc, c = gh.T, gc.T, c.T

        gho = gh * o
        gc = gc + gho * (1 - t * t)
        gcf, gci = gc * f, gc * i
        gciu = gci * u
        # sigmoid' = s * (1 - s) and tanh' = (1 + u) * (1 - u): the last factor of all
        # four gates in one pass, the others shared with what is needed anyway.
        ga = Concatenate(0)(gcf * c, gciu, gho * t, gci + gciu)  # (4H, N)
        ga *= 1 - y
        gx = W[:D].dot(ga).T if self.needs_grad(0) else None
        gh = W[D:-1].dot(ga).T if self.needs_grad(1) else None
        return gx, gh, gcf.T, _sum_later(rows.T, ga.T)


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
        xp = cuda.get_array_module(x)
        D, H = x.shape[1], h.shape[1]
        a = x.dot(W[:D])  # (N, 3H)
        a += W[-1]
        d = h.dot(W[D:-1])
        s = _floating(a[:, : 2 * H] + d[:, : 2 * H])
        _become_sigmoid(s)
        d = d[:, 2 * H :]
        n = xp.tanh(a[:, 2 * H :] + s[:, :H] * d)
        self.known = s, d, n
        return n + s[:, H:] * (h - n)

    def backward(self, gh):
        x, h, W = self.inputs
        s, d, n = self.known if Config.bare else _gru_state(x, h, W)
        D, H = x.shape[1], h.shape[1]
        r, z = s[:, :H], s[:, H:]

        gn = gh * (1 - z) * (1 - n * n)
        gs = Concatenate(1)(gn * d, gh * (h - n))
        gs *= s
        gs *= 1 - s
        ga = Concatenate(1)(gs, gn)  # (N, 3H)
        gd = Concatenate(1)(gs, gn * r)
        gx = ga.dot(W[:D].T) if self.needs_grad(0) else None
        gb = _sum_rows(ga).reshape((1, 3 * H))
        gW = Concatenate(0)(x.T.dot(ga), h.T.dot(gd), gb)
        gh = gd.dot(W[D:-1].T) + gh * z if self.needs_grad(1) else None
        return gx, gh, gW


def join_gates(Wxs, Whs, bs):
    """Return W for lstm_cell or gru_cell from the weights and biases of its gates.

    Shapes: lists of (D, H), of (H, H) and of (H,), G of each -> (D + H + 1, G * H).
    Raises ValueError where they do not fit.
    """
    D, H = Wxs[0].shape
    G = len(Wxs)
    shapes = [a.shape for a in (*Wxs, *Whs, *bs)]
    if shapes != [(D, H)] * G + [(H, H)] * G + [(H,)] * G:
        raise ValueError(
            "join_gates: expected weights (D, H) and (H, H) and a bias (H,) for each "
            f"gate, got {', '.join(map(str, shapes))} (see step 60)"
        )
    return JoinGates()(*Wxs, *Whs, *bs)


def lstm_cell(x, h, c, W):
    """Return h, c after one step of an LSTM (see step 60).

    Shapes: x (N, D), h and c (N, H), W (D + H + 1, 4H) -> h, c (N, H). The columns
    of W are those of the gates f, i, o and u, in this order; see join_gates.
    """
    _check("lstm_cell", "(N, H), (N, H) and (D + H + 1, 4H)", 4, x, h, W, c)
    return LSTMCell()(x, h, c, W)


def gru_cell(x, h, W):
    """Return h after one step of a GRU.

    Shapes: x (N, D), h (N, H), W (D + H + 1, 3H) -> h (N, H). The columns of W are
    those of the gates r, z and n, in this order; see join_gates.
    """
    _check("gru_cell", "(N, H) and (D + H + 1, 3H)", 3, x, h, W)
    return GRUCell()(x, h, W)


def _check(name, shapes, G, x, h, W, *cs):
    """Raise ValueError unless the shapes of h, W and all cs fit that of x."""
    if x.ndim == h.ndim == 2 and x.shape[0] == h.shape[0]:
        D, H = x.shape[1], h.shape[1]
        if W.shape == (D + H + 1, G * H) and all(c.shape == h.shape for c in cs):
            return
    got = ", ".join(str(a.shape) for a in (x, h, *cs, W))
    raise ValueError(
        f"{name}: {'x, h, c' if cs else 'x, h'} and W must be (N, D), {shapes}, got "
        f"{got} (see step 60)"
    )


def _transposed(x, h):
    """Return [x, h, 1] transposed, (D + H + 1, N); W's last row meets the ones."""
    xp = cuda.get_array_module(x)
    parts = x.T, h.T, xp.ones((1, len(x)), h.dtype)
    return Concatenate(0)(*parts) if isinstance(x, Variable) else xp.concatenate(parts)


def _become_sigmoid(x):
    """Write 1 / (1 + exp(-x)) over the array x; where exp is inf, that is 0.

    In place: the graph keeps these numbers for every step of a sequence, and memory
    that was not used before costs as much as the arithmetic.
    """
    xp = cuda.get_array_module(x)
    xp.negative(x, out=x)
    with np.errstate(over="ignore"):
        xp.exp(x, out=x)
    x += 1
    xp.divide(1, x, out=x)


def _lstm_state(x, h, c, W):
    """Return what LSTMCell.forward keeps, as Variables that depend on its inputs."""
    H = c.shape[1]
    rows = _transposed(x, h)
    a = W.T.dot(rows)
    s, u = sigmoid(a[: 3 * H]), tanh(a[3 * H :])
    t = tanh(s[:H] * c.T + s[H : 2 * H] * u)
    return rows, Concatenate(0)(s, u), t


def _gru_state(x, h, W):
    """Return what GRUCell.forward keeps, as Variables that depend on its inputs."""
    D, H = x.shape[1], h.shape[1]
    a, d = x.dot(W[:D]) + W[-1], h.dot(W[D:-1])
    s = sigmoid(a[:, : 2 * H] + d[:, : 2 * H])
    d = d[:, 2 * H :]
    return s, d, tanh(a[:, 2 * H :] + s[:, :H] * d)
