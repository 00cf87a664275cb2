"""Recurrent layers, which keep a state from call to call: RNN, LSTM and GRU.

Letters: x in, h the state and output, c the memory; N sequences, D numbers in, H out.
"""

import functools
import operator

import numpy as np

import dezero.functions as F
from dezero import cuda
from dezero.core import Config, Variable, as_array, as_variable
from dezero.guards import whole
from dezero.layers.base import Layer
from dezero.layers.basic import Linear
from dezero.layers.checks import _judged, _listed

_STEP = "one time step of N sequences (N, D)"


def _hint_of_sequences(shape):
    """Return advice on sequences given where one time step is expected."""
    if len(shape) == 3:
        return (
            "; each call takes one time step, so loop over time: "
            "for t in range(x.shape[1]): h = layer(x[:, t])"
        )
    if len(shape) == 1:
        return "; pass a single sequence as x[None], a batch of one"
    return ""


class RNN(Layer):
    """h = tanh(x2h(x) + h2h(h)): the output is also the state for the next call.

    Shapes: x (N, in_size) -> h (N, hidden_size), one time step of N sequences a call.

    h    the state, a Variable in the graph; None before the first call. Through it,
         backward reaches all earlier calls; loss.unchain_backward() cuts them off,
         reset_state() forgets the state (see step 59)
    """

    _state = ("h",)
    hidden_size = functools.cached_property(lambda self: self.x2h.out_size)

    def __init__(self, hidden_size: int, in_size: int | None = None):
        super().__init__()
        _check_sizes("RNN", hidden_size, in_size, 59)
        self.x2h = Linear(hidden_size, in_size=in_size)
        self.h2h = Linear(hidden_size, nobias=True)  # drawn by the second call
        self.reset_state()

    def reset_state(self):
        """Forget the state: the next x begins new sequences."""
        self.h = None

    def _settings(self):
        return _listed(self.hidden_size, in_size=self.x2h.in_size)

    def _hint(self, shape):
        return _hint_of_sequences(shape)

    def _awaited_shapes(self):
        h2h = {self.h2h.W: (self.hidden_size, self.hidden_size)}
        return super()._awaited_shapes() | h2h

    def forward(self, x):
        """Return the state after x."""
        x = _judged(self, x, 59, _STEP, ("D", -1), self.x2h.in_size, ndim=2)
        _check_state(self, x)
        a = self.x2h(x)
        if self.h is not None:
            a = a + self.h2h(self.h)
        self.h = F.tanh(a)
        return self.h


def _weights_of(gates):
    """Return a function that gets a layer's weights and biases for join_gates."""
    kinds = ("x2{}.W", "h2{}.W", "x2{}.b")
    return operator.attrgetter(*(kind.format(gate) for kind in kinds for gate in gates))


def _stay():
    """Do nothing, in place of unchain(), for a Variable that many calls use."""


class _Gated(Layer):
    """Sub-layers x2? and h2? for each gate "?", computed as one product.

    For that their weights are joined into one matrix, once for a sequence, so their
    gradients are added up as one matrix as well. They are joined again if h is not the
    result of the last call, if a weight was set or replaced by another Parameter, and
    after a backward pass. If you edit an array in place at another time, in the middle
    of a sequence, call reset_state().
    """

    _joined = None  # (the weights that were joined, W)
    hidden_size = functools.cached_property(
        lambda self: getattr(self, self._first).out_size
    )

    def _settings(self):
        return _listed(self.hidden_size, in_size=getattr(self, self._first).in_size)

    def _hint(self, shape):
        return _hint_of_sequences(shape)

    def _begin(self, x):
        """Return x, a step of N sequences, as a Variable."""
        size = getattr(self, self._first).in_size
        x = _judged(self, x, 60, _STEP, ("D", -1), size, ndim=2)
        _check_state(self, x)
        return _as_input(x)

    def _given(self, state, x):
        """Return h or c as a Variable; zeros before the first x."""
        return _as_input(_zeros(x, self.hidden_size) if state is None else state)

    def _join(self, x):
        """Return the weights of all gates as one W, for the time step x."""
        goes_on = self.h is not None and any(y() is self.h for y in self.outputs)
        before, W = self._joined or (None, None)
        if not goes_on or before != self._weights_now() or _passed(W):
            W = self._join_anew(x)
            # bypasses __setattr__: params() need not search this tuple
            vars(self)["_joined"] = self._weights_now(), W
        if W.creator is not None:
            W.creator.recurs = self.h is not None
        return W

    def _weights_now(self):
        """Return a value that changes when the joined weights are out of date."""
        return Config.enable_backprop, [
            (p, p._changed_at, type(p._data), p.requires_grad)
            for p in self._weights(self)
            if p is not None
        ]

    def _join_anew(self, x):
        for layer in vars(self).values():
            if isinstance(layer, Linear) and layer.W.data is None:
                layer._init_W(x.shape[-1], cuda.get_array_module(x))
        parts = self._weights(self)
        G = len(parts) // 3
        zeros = _zeros(x, self.hidden_size).sum(axis=0)  # for a gate whose b is None
        bs = [zeros if b is None else b for b in parts[2 * G :]]
        W = F.join_gates(parts[:G], parts[G : 2 * G], bs)
        # unchain_backward cuts off what comes before a time step. The later steps need
        # W too, so W keeps its link, as Parameters do.
        W.unchain = _stay
        return W

    def _awaited_shapes(self):
        parts = self._weights(self)
        Wxs = parts[: len(parts) // 3]
        return super()._awaited_shapes() | dict.fromkeys(Wxs, (self, self.hidden_size))

    def __getstate__(self):
        state = super().__getstate__()
        state.pop("_joined", None)  # joined again from the sub-layers' weights
        return state


def _passed(W):
    """Tell whether a backward pass has gone through the joined weights W."""
    return getattr(W.creator, "passed", False)


class LSTM(_Gated):
    """A memory c beside the state h, guarded by gates between 0 and 1.

        f = sigmoid(x2f(x) + h2f(h))    what stays in memory
        i = sigmoid(x2i(x) + h2i(h))    what comes in
        o = sigmoid(x2o(x) + h2o(h))    what goes out
        u = tanh(x2u(x) + h2u(h))       the new candidate
        c = f * c + i * u
        h = o * tanh(c)

    Before the first call h and c are None and count as zeros.

    Shapes: x (N, in_size) -> h (N, hidden_size), one time step of N sequences a call.

    h, c    the state, Variables in the graph. Through them, backward reaches all
            earlier calls; loss.unchain_backward() cuts them off, reset_state() forgets
            the state (see step 60)
    """

    _first = "x2f"
    _state = ("h", "c", "_joined")
    _weights = _weights_of("fiou")

    def __init__(self, hidden_size: int, in_size: int | None = None):
        super().__init__()
        _check_sizes("LSTM", hidden_size, in_size, 60)
        H = hidden_size
        self.x2f = Linear(H, in_size=in_size)
        self.x2i = Linear(H, in_size=in_size)
        self.x2o = Linear(H, in_size=in_size)
        self.x2u = Linear(H, in_size=in_size)
        self.h2f = Linear(H, in_size=H, nobias=True)
        self.h2i = Linear(H, in_size=H, nobias=True)
        self.h2o = Linear(H, in_size=H, nobias=True)
        self.h2u = Linear(H, in_size=H, nobias=True)
        self.reset_state()

    def reset_state(self):
        """Forget the state: the next x begins new sequences."""
        self.h = None
        self.c = None

    def forward(self, x):
        """Return the state h after x."""
        x = self._begin(x)
        h, c = self._given(self.h, x), self._given(self.c, x)
        made = c.creator
        if made is not None and h.creator is None and made.outputs[0]() is h:
            # unchain_backward has cut off h; c, from the same call, goes with it
            c = c.detach()
        self.h, self.c = F.lstm_cell(x, h, c, self._join(x))
        return self.h


class GRU(_Gated):
    """A state h and two gates between 0 and 1: a smaller LSTM.

        r = sigmoid(x2r(x) + h2r(h))      how much of the state counts for n
        z = sigmoid(x2z(x) + h2z(h))      how much of the state stays
        n = tanh(x2n(x) + r * h2n(h))     the new candidate
        h = (1 - z) * n + z * h

    This is PyTorch's formula: r multiplies the result of h2n, and h2n has a bias. Cho
    et al. (2014) have h2n(r * h) instead. PyTorch's other biases of h would only add to
    those of x, so they are left out. Before the first call h is None and counts as
    zeros.

    Shapes: x (N, in_size) -> h (N, hidden_size), one time step of N sequences a call.

    h    the state, a Variable in the graph, as in LSTM
    """

    _first = "x2r"
    _state = ("h", "_joined")
    _weights = _weights_of("rzn")

    def __init__(self, hidden_size: int, in_size: int | None = None):
        super().__init__()
        _check_sizes("GRU", hidden_size, in_size, 60)
        H = hidden_size
        self.x2r = Linear(H, in_size=in_size)
        self.x2z = Linear(H, in_size=in_size)
        self.x2n = Linear(H, in_size=in_size)
        self.h2r = Linear(H, in_size=H, nobias=True)
        self.h2z = Linear(H, in_size=H, nobias=True)
        self.h2n = Linear(H, in_size=H)
        self.reset_state()

    def _younger(self):
        return [p for p in [self.h2n.b] if p is not None]

    def reset_state(self):
        """Forget the state: the next x begins new sequences."""
        self.h = None

    def forward(self, x):
        """Return the state after x."""
        x = self._begin(x)
        h = self._given(self.h, x)
        self.h = F.gru_cell(x, h, self._join(x), self.h2n.b)
        return self.h


def _check_sizes(who, hidden_size, in_size, step):
    """Raise an error unless these are valid sizes; in_size may be None."""
    whole(who, "hidden_size", hidden_size, step)
    if in_size is not None:
        whole(who, "in_size", in_size, step)


def _as_input(x):
    """Return x as a Variable; an array becomes one that requires no gradient."""
    if isinstance(x, Variable):
        return x
    return Variable(as_array(x), requires_grad=False)


def _zeros(x, H):
    """Return zeros (N, H) on x's device, in x's dtype if it is floating."""
    xp = cuda.get_array_module(x)
    return xp.zeros((len(x), H), x.dtype if x.dtype.kind == "f" else np.float64)


def _check_state(layer, x):
    """Raise ValueError if x does not continue the sequences of the state."""
    h = layer.h
    if h is None:
        return
    if not isinstance(h, Variable):
        h = as_variable(as_array(h))
    name = type(layer).__name__
    if h.shape[:-1] != x.shape[:-1]:
        raise ValueError(
            f"{name}: the state h {h.shape} belongs to {h.shape[0]} sequences, but x "
            f"{x.shape} has {x.shape[0]}; call reset_state() before new sequences "
            "(see step 59)"
        )
    if cuda.get_array_module(h) is not cuda.get_array_module(x):
        raise ValueError(
            f"{name}: the state and x are on different devices; call reset_state() "
            "after moving the layer (see step 52)"
        )
