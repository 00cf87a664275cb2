"""One step of an LSTM or a GRU as one Function, with all weights in one matrix W.

Written out, a step of an LSTM is 21 Functions on small arrays, whose calls take longer
than their arithmetic (step 60). W has Wx on top, with the gates side by side, below it
Wh, and below that the bias b. The Functions compute with everything transposed,
a.T = W.T @ [x, h, 1].T: then a gate is one contiguous piece of memory, and a product of
two gates takes 1.3 us, not 4.5.

Letters: x in, h the state and output, c the memory; gx, gh, gc their gradients; N
sequences, D numbers in, H out, G gates.
"""

from dezero import cuda
from dezero.core import Config, Function, Variable
from dezero.functions.activation import _sigmoid, sigmoid
from dezero.functions.elementwise import tanh
from dezero.functions.inputs import _as_gates, _as_step, _check_shapes
from dezero.functions.linalg import _sum_of_products
from dezero.functions.shape import Concatenate

__all__ = ["GRUCell", "JoinGates", "LSTMCell", "gru_cell", "join_gates", "lstm_cell"]


class JoinGates(Function):
    """W = the weights Wx of G gates side by side, below them Wh, below them b.

    recurs    whether any Wh was multiplied by a state: if not, they get no gradient
    passed    whether backward has run: from then on the weights may be changed
    """

    recurs, passed = True, False

    def forward(self, *parts):
        xp, G = cuda.get_array_module(parts[0]), len(parts) // 3
        bs = [b[None] for b in parts[2 * G :]]
        rows = [xp.concatenate(row, 1) for row in (parts[:G], parts[G : 2 * G], bs)]
        return xp.concatenate(rows)  # (D + H + 1, G * H)

    def backward(self, gW):
        self.passed = True
        G, (D, H) = len(self.inputs) // 3, self.inputs[0].shape
        gates = [gW[:, k * H : (k + 1) * H] for k in range(G)]
        gWhs = [gate[D:-1] if self.recurs else None for gate in gates]
        return (*(gate[:D] for gate in gates), *gWhs, *(gate[-1] for gate in gates))


class LSTMCell(Function):
    """h, c = one step of an LSTM, from the G pieces a[k] of a = [x, h, 1] @ W.

    f, i, o, u = sigmoid(a[0]), sigmoid(a[1]), sigmoid(a[2]), tanh(a[3])
    c = f * c + i * u
    h = o * tanh(c)
    """

    def forward(self, x, h, c, W):
        xp = cuda.get_array_module(x)
        self.known = f, i, o, u, c, t = self._step(x, h, c, W, _sigmoid, xp.tanh)
        return (o * t).T, c.T

    def _step(self, x, h, c, W, sigmoid, tanh):  # on arrays, or on Variables
        H = h.shape[1]
        a = W.T @ _with_ones(x, h).T  # (4H, N)
        s, u = sigmoid(a[: 3 * H]), tanh(a[3 * H :])
        f, i, o = s[:H], s[H : 2 * H], s[2 * H :]
        c = f * c.T + i * u
        return f, i, o, u, c, tanh(c)

    def backward(self, gh, gc):
        x, h, c, W = self.inputs
        known, D = self.known, x.shape[1]
        if Config.enable_backprop:  # compute again, to build a graph
            known = self._step(x, h, c, W, sigmoid, tanh)
        f, i, o, u, _, t = known

        gh, gc, c = gh.T, gc.T, c.T
        gc = gc + gh * o * (1 - t * t)
        gf, gi, go, gu = gc * c, gc * u, gh * t, gc * i
        gs = gf * f * (1 - f), gi * i * (1 - i), go * o * (1 - o)
        ga = Concatenate(0)(*gs, gu * (1 - u * u))  # (4H, N)
        gx = (W[:D] @ ga).T if self.needs_grad(0) else None
        gh = (W[D:-1] @ ga).T if self.needs_grad(1) else None
        joined = type(self._inputs[3].creator) is JoinGates
        gW = _sum_of_products(_with_ones(x, h), ga.T, later=joined)
        return gx, gh, (gc * f).T, gW


class GRUCell(Function):
    """h = one step of a GRU, from pieces a[k] of [x, 1] @ [Wx, b], d[k] of h @ Wh.

    r, z = sigmoid(a[0] + d[0]), sigmoid(a[1] + d[1])
    n = tanh(a[2] + r * (d[2] + bias of h2n))
    h = (1 - z) * n + z * h
    """

    def forward(self, x, h, W, b=0.0):
        xp = cuda.get_array_module(x)
        self.known = r, z, n, d = self._step(x, h, W, b, _sigmoid, xp.tanh)
        return (n + z * (h.T - n)).T

    def _step(self, x, h, W, b, sigmoid, tanh):  # on arrays, or on Variables
        D, H = x.shape[1], h.shape[1]
        a, d = W[:D].T @ x.T + W[-1:].T, W[D:-1].T @ h.T  # (3H, N)
        s, d = sigmoid(a[: 2 * H] + d[: 2 * H]), (d[2 * H :].T + b).T
        return s[:H], s[H:], tanh(a[2 * H :] + s[:H] * d), d

    def backward(self, gh):
        x, h, W, *b = self.inputs
        known, D, H = self.known, x.shape[1], h.shape[1]
        if Config.enable_backprop:
            known = self._step(x, h, W, *(b or [0.0]), sigmoid, tanh)
        r, z, n, d = known

        gh = gh.T
        gn = gh * (1 - z) * (1 - n * n)
        gr, gz = gn * d * r * (1 - r), gh * (h.T - n) * z * (1 - z)
        ga, gd = Concatenate(0)(gr, gz, gn), Concatenate(0)(gr, gz, gn * r)  # (3H, N)
        gW = Concatenate(1)(ga.dot(x), gd.dot(h), ga.sum(axis=1, keepdims=True)).T
        gx = (W[:D] @ ga).T if self.needs_grad(0) else None
        gh = (W[D:-1] @ gd + gh * z).T if self.needs_grad(1) else None
        return gx, gh, gW, gd[2 * H :].sum(axis=1)


def join_gates(Wxs, Whs, bs) -> Variable:
    """Return W for lstm_cell or gru_cell from the weights and biases of its gates.

    Shapes: lists of (D, H), of (H, H) and of (H,), G of each -> (D + H + 1, G * H).
    """
    parts = _as_gates("join_gates", Wxs=Wxs, Whs=Whs, bs=bs)
    G, (D, H) = len(Wxs), (*parts[0].shape, -1, -1)[:2]
    right = [(D, H)] * G + [(H, H)] * G + [(H,)] * G
    text = "join_gates: expected (D, H), (H, H), (H,) for each gate"
    _check_shapes(text, parts, right)
    return JoinGates()(*parts)


def lstm_cell(x, h, c, W) -> list[Variable]:
    """Return h, c after one step of an LSTM (see step 60).

    Shapes: x (N, D), h and c (N, H), W (D + H + 1, 4H) -> h, c (N, H). The columns
    of W are those of the gates f, i, o and u, in this order; see join_gates.
    """
    inputs, N, D, H = _as_step("lstm_cell", x=x, h=h, c=c, W=W)
    text = "lstm_cell: x, h, c and W must be (N, D), (N, H), (N, H), (D + H + 1, 4H)"
    _check_shapes(text, inputs, [(N, D), (N, H), (N, H), (D + H + 1, 4 * H)])
    return LSTMCell()(*inputs)


def gru_cell(x, h, W, b=None) -> Variable:
    """Return h after one step of a GRU; b is the bias of h2n, in the candidate n.

    Shapes: x (N, D), h (N, H), W (D + H + 1, 3H), b (H,) -> h (N, H). The columns of
    W are those of the gates r, z and n, in this order; see join_gates.
    """
    inputs, N, D, H = _as_step("gru_cell", x=x, h=h, W=W, b=b)
    text = "gru_cell: x, h and W must be (N, D), (N, H), (D + H + 1, 3H), and b (H,)"
    shapes = [(N, D), (N, H), (D + H + 1, 3 * H), (H,)]
    _check_shapes(text, inputs, shapes[: len(inputs)])
    return GRUCell()(*inputs)


def _with_ones(x, h):
    """Return [x, h, 1], (N, D + H + 1): the ones multiply the bias, W's last row."""
    xp = cuda.get_array_module(x)
    rows = x, h, xp.ones((len(x), 1), h.dtype)
    return Concatenate(1)(*rows) if isinstance(x, Variable) else xp.concatenate(rows, 1)
