"""Step 80. The transformer block: read from the stream, add to it.

Attention (step 77) carries numbers from word to word, but it can only
average values. An MLP (step 45) computes new numbers, but from one word
at a time. A *transformer* (Vaswani and others, 2017) does both in turn,
in each *transformer block*:

     x (N, T, E)
     |-------------+
     |             v
     |      norm, attention
     +  <----------+
     |-------------+
     |             v
     |         norm, MLP
     +  <----------+
     v
     y (N, T, E)

Each + is a residual connection (step 74). The straight line down is the
*residual stream* (Elhage and others, 2021): a vector for each word,
which every part reads and adds to. A norm in front of a part is a
*pre-norm* (Xiong and others, 2020). In the paper of 2017 the norm came
after the +. With pre-norms, gradients flow along the line unchanged.

The MLP has 4 * E units with the activation function *GELU* (Hendrycks
and Gimpel, 2016). relu asks if x > 0. GELU asks how likely it is that a
normal random number z is below x: gelu(x) = x * P(z < x). Many large
models use *SwiGLU* (Shazeer, 2020): each unit gets a gate, a number
(from a second matrix) that says how much of the unit passes.

The last matrix before each + starts as all zeros. So at first y = x.
Can such a block learn? Yes: first the zeros change, then all the rest.

Exercise: write PostBlock, with a norm after each + and none before. In
12 blocks of each kind, replace the zeros with random numbers. How large
do y and the gradient of the first x get?

In the package: dezero/layers/transformer.py, TransformerBlock;
dezero/layers/norm.py, LayerNorm and RMSNorm;
dezero/functions/activation.py, GELU, gelu, silu and swiglu

Output:
    GELU: the formula is wrong by at most 0.0005
    figures/step80_gelu.png
    12 new blocks, y = x: True
    figures/step80_block.png
    parameters with a gradient, at first and after an update:
      norm1      0 of 2, 2 of 2
      attention  2 of 4, 4 of 4
      norm2      0 of 2, 2 of 2
      up         0 of 2, 2 of 2
      down       2 of 2, 2 of 2
"""

import math
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import Function, Parameter, Variable
from dezero.graph import plot_dot_graph
from dezero.layers import Layer, Linear, MultiHeadAttention
from dezero.optimizers import SGD


# This probability is an integral, and no formula of the functions that
# we have gives it exactly. The paper gives an approximation, and the
# output says how good it is. The paper writes it with tanh, and we use
# tanh(u/2) = 2 * sigmoid(u) - 1. The picture shows that the derivative
# rises above 1, falls below 0, and has no jump, unlike that of relu.
class GELU(Function):
    """y = x * s, gx = gy * s * (1 + x * (1 - s) * du/dx).

    s = sigmoid(u), u = sqrt(8 / pi) * (x + 0.044715 * x**3)
    """

    C = math.sqrt(8 / math.pi)
    A = 0.044715

    def forward(self, x):
        return x * F.sigmoid(self.u(x)).data

    def backward(self, gy):
        (x,) = self.inputs
        s = F.sigmoid(self.u(x))
        slope = self.C * (1 + 3 * self.A * x * x)
        return gy * s * (1 + x * (1 - s) * slope)

    def u(self, x):
        """Return u for x, an array or a Variable."""
        return self.C * x * (1 + self.A * x * x)


def gelu(x):
    """Return nearly x * P(z < x), for a normal random z."""
    return GELU()(x)


# With u = x we get *SiLU* (Elfwing and others, 2017), or swish.
def silu(x):
    """Return x * sigmoid(x)."""
    return x * F.sigmoid(x)


def swiglu(x, gate):
    """Return silu(gate) * x: a gate says how much of its x passes."""
    return silu(gate) * x


# Both norms are built like BatchNorm in step 74, but without running
# statistics. x may have more than two axes: the package's F.layer_norm
# works along the last one.
class LayerNorm(Layer):
    """layer_norm (step 73) with parameters gamma and beta."""

    def __init__(self, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.gamma = Parameter(None, name="gamma")
        self.beta = Parameter(None, name="beta")

    def forward(self, x):
        """Return x (..., D) with mean 0 and variance 1 in each row."""
        if self.gamma.data is None:
            self.gamma.data = np.ones(x.shape[-1], x.dtype)
            self.beta.data = np.zeros(x.shape[-1], x.dtype)
        return F.layer_norm(x, self.gamma, self.beta, eps=self.eps)


class RMSNorm(Layer):
    """rms_norm (step 73) with a parameter gamma."""

    def __init__(self, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.gamma = Parameter(None, name="gamma")

    def forward(self, x):
        """Return x (..., D) with mean square 1 in each row."""
        if self.gamma.data is None:
            self.gamma.data = np.ones(x.shape[-1], x.dtype)
        return F.rms_norm(x, self.gamma, eps=self.eps)


NORMS = {"layer": LayerNorm, "rms": RMSNorm}


# SwiGLU has three matrices instead of two. With 8/3 * width units
# (rounded up to a multiple of 8) the three have about as many weights
# as two with 4 * width units. MultiHeadAttention is the layer of step
# 78, with the rope of step 79 and dropout. cache is for step 84.
#
# Does it help to start with zeros? We trained the network of step 81
# three times (200 updates, rate 0.003), and the loss on new text was
# 2.37 on average. With random numbers in place of the zeros it was
# 2.45, whether they had the usual size or half of it.
class TransformerBlock(Layer):
    """x + attention(norm(x)), then the same with an MLP.

    Shapes: x (N, T, width) -> (N, T, width).
    """

    def __init__(
        self,
        width,
        heads,
        causal=True,
        rope=False,
        norm="layer",
        mlp="gelu",
        dropout=0.0,
    ):
        super().__init__()
        self.dropout = dropout
        self.norm1 = NORMS[norm]()
        self.attention = MultiHeadAttention(
            width, heads, causal, rope, dropout
        )
        self.norm2 = NORMS[norm]()
        hidden, self.gate = 4 * width, None
        if mlp == "swiglu":
            hidden = 8 * math.ceil(width / 3)
            self.gate = Linear(hidden, in_size=width)
        self.up = Linear(hidden, in_size=width)
        self.down = Linear(width, in_size=hidden)
        for layer in self.attention.out, self.down:
            layer.W.data[...] = 0

    def forward(self, x, mask=None, cache=None):
        """Return x and what attention and the MLP add to it."""
        x = x + self.attention(self.norm1(x), mask, cache)
        h = self.norm2(x)
        if self.gate is None:
            h = gelu(self.up(h))
        else:
            h = swiglu(self.up(h), self.gate(h))
        h = self.down(h)
        return x + (F.dropout(h, self.dropout) if self.dropout else h)


# If W is 0 in h @ W + b, the gradient of h, gy @ W.T, is 0 as well, and
# so are all gradients that backward computes from it. But W and b
# themselves get a gradient. After one update W is no longer 0, and the
# other parameters get gradients, too.
def reached(layer):
    """Return how many of the parameters of a layer have a gradient."""
    found = [bool(p.grad.data.any()) for p in layer.params()]
    return f"{sum(found)} of {len(found)}"


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    FIGURES.mkdir(exist_ok=True)
    # first weights come from this generator
    np.random.seed(0)  # noqa: NPY002
    at = np.linspace(-4, 4, 201)
    exact = [v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in at]
    away = np.abs(gelu(at).data - exact).max()
    print(f"GELU: the formula is wrong by at most {away:.4f}")
    left, right = Figure((8, 4), layout="constrained").subplots(1, 2)
    for f in F.relu, gelu, silu:
        x = Variable(at)
        y = f(x)
        y.backward()
        left.plot(at, y.data, label=f.__name__)
        right.plot(at, x.grad.data)
    left.set(xlabel="x", ylim=(-0.5, 2), title="y")
    right.set(xlabel="x", title="its derivative")
    left.legend()
    left.figure.savefig(FIGURES / "step80_gelu.png", dpi=144)
    print("figures/step80_gelu.png")

    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(2, 4, 8, 64)).astype(np.float32)
    y = x
    for _ in range(12):
        y = TransformerBlock(64, heads=4)(y)
    print("12 new blocks, y = x:", np.array_equal(y.data, x))

    block = TransformerBlock(64, heads=4)
    y = block(Variable(x, "x"))
    y.name = "y"
    names = "norm1", "attention", "norm2", "up", "down"
    parts = {name: getattr(block, name) for name in names}
    plot_dot_graph(y, False, FIGURES / "step80_block.png", fold=parts)
    print("figures/step80_block.png")

    optimizer, found = SGD(0.1).setup(block), []
    for _ in range(2):
        loss = F.mean_squared_error(block(x), t)
        block.cleargrads()
        loss.backward()
        found.append([reached(part) for part in parts.values()])
        optimizer.update()
    print("parameters with a gradient, at first and after an update:")
    for name, *row in zip(names, *found):
        print(f"  {name:10} {', '.join(row)}")
