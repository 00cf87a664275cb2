"""The transformer block and its norms: PyTorch's numbers, settings, mistakes."""

import math

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, static
from dezero.gradcheck import check_gradients
from dezero.layers import Embedding, EmbedID, LayerNorm, RMSNorm, TransformerBlock

# ruff: noqa: NPY002  (first weights are from the legacy generator)

# PyTorch 2.13, float64, from layer_norm, rms_norm, scaled_dot_product_attention, gelu
# (tanh) and silu, rope by complex numbers; inputs and weights are those of fill().
#
# For a block: y; gx for the gradient wave(5) of y; the gradient with respect to x of
# sum(g * wave(6)) over the gradients g of x and all parameters; and of the parameters
# sum(g * wave(7)) for the first and the second gradient.
BLOCKS = {
    ("layer", False, "gelu"): (
        [
            *(-1.28305062, 2.98599704, 0.513592063, -3.11834406),
            *(-0.80627451, 2.78661868, 0.08819356, -2.80934519),
            *(-0.451058671, 2.35862903, -0.156734057, -2.31824039),
            *(-0.32764937, 1.65538707, -0.0989256508, -1.62989502),
            *(-0.386069495, 1.07939142, 0.107922211, -1.10720179),
            *(-0.62199627, 0.627274144, 0.460354631, -0.745902464),
        ],
        [
            *(-2.77985667, 2.0421545, -0.9005159, 1.31367198),
            *(-2.4429219, 2.04508329, -0.691090508, 0.756463138),
            *(-1.54032081, 1.99147179, -0.926966538, 0.222271471),
            *(-2.01946642, 3.03039829, -2.34442544, 1.22509837),
            *(-0.273736668, 1.37394898, -1.56047766, 0.525332406),
            *(0.525637591, 0.221778146, -0.903157358, 0.377275087),
        ],
        [
            *(-1.8141153, -5.00125102, 6.93514586, -0.119779537),
            *(-3.13466336, -1.3641632, 0.685444284, 3.81338227),
            *(-2.6165602, 0.259268842, -0.443700659, 2.80099202),
            *(1.60251043, -2.70351564, 2.58844437, -1.48743917),
            *(1.21546201, -1.75470635, 1.76198629, -1.22274195),
            *(1.29413728, -1.51202633, 1.32441782, -1.10652877),
        ],
        {
            "attention.out.W": (-11.0733297, 44.6953259),
            "attention.out.b": (4.69240992, -20.5780516),
            "attention.qkv.W": (-3.22664124, -8.67619011),
            "attention.qkv.b": (3.45615534, -5.81292156),
            "down.W": (1.13250098, 42.2054689),
            "down.b": (5.07001526, None),
            "norm1.beta": (-9.54675719, 28.0836929),
            "norm1.gamma": (2.57354543, -7.34997545),
            "norm2.beta": (10.5775953, -34.3015809),
            "norm2.gamma": (-7.19811142, 41.3045211),
            "up.W": (-8.44640963, -81.0231323),
            "up.b": (-1.64274085, -39.4764106),
        },
    ),
    ("rms", True, "swiglu"): (
        [
            *(1.7420314, -0.281319049, -1.66953858, 0.711540756),
            *(2.42883253, -1.00522408, -2.16979735, 1.56435696),
            *(2.90660596, -1.76589566, -2.4515541, 2.39763416),
            *(3.08251575, -2.52432125, -2.43202596, 3.15102756),
            *(2.9813591, -2.94583308, -2.22225035, 3.51848253),
            *(2.62546806, -3.10865684, -1.82440143, 3.578785),
        ],
        [
            *(-0.237464423, 0.90465101, 3.2124742, -3.8515997),
            *(0.668033858, 1.84425623, 2.0348155, -2.91092896),
            *(0.997443751, 1.97208635, 0.96477851, -1.26891177),
            *(-0.0592243013, 0.474834579, -0.914624193, -1.0689014),
            *(-0.152369576, 0.478128325, -1.41252031, -0.0605272157),
            *(-0.398291767, 0.187548765, -2.25013371, 0.508988188),
        ],
        [
            *(-4.06119124, -0.122370079, -0.288351378, 8.34589434),
            *(-3.13829221, -0.753826147, 0.0170638526, 1.22511253),
            *(-0.991148713, 0.105852982, -0.273708612, -0.768156095),
            *(1.64645602, 2.562369, 1.33905564, 0.835753056),
            *(1.85121394, 2.23030052, 1.35736197, 1.06084557),
            *(1.17615513, 1.36383667, 1.52333506, 1.05824762),
        ],
        {
            "attention.out.W": (-6.90887241, 22.406126),
            "attention.out.b": (8.94146073, -13.9633784),
            "attention.qkv.W": (3.5757076, -5.06928293),
            "attention.qkv.b": (6.57006596, -0.619320732),
            "down.W": (-4.3703944, -4.90426498),
            "down.b": (5.07001526, None),
            "gate.W": (-10.139031, 4.62819243),
            "gate.b": (7.29232183, 12.6858693),
            "norm1.gamma": (4.83357324, -3.90349031),
            "norm2.gamma": (14.6931319, -22.1134819),
            "up.W": (10.2001873, -17.8907986),
            "up.b": (4.22915803, 6.46387296),
        },
    ),
}
NORMS = {
    "layer": [
        [
            *(0.203738555, -1.79939676, 0.350092767, 0.040050769),
            *(0.828433001, -1.64398122, 0.925982677, 0.296322117),
            *(1.24517871, -1.28168548, 1.25438339, 0.770473325),
        ],
        [
            *(-0.476529966, 0.270580969, -0.115843215, 0.321792212),
            *(-0.163059133, 0.141805959, 0.238844707, -0.217591534),
            *(0.372835875, -0.163865168, 0.352608699, -0.561579406),
        ],
        [
            *(-0.890125326, 2.11588928, -0.754721703, 1.92677888),
        ],
        [
            *(-1.89942302, 2.20140075, 1.33214629, -2.54468018),
        ],
        [
            *(0.443166919, -0.113519408, -0.403205589, 0.0735580781),
            *(-0.388633632, 0.147815208, -0.782295508, 1.02311393),
            *(-1.20579871, 0.823946064, -0.83588804, 1.21774068),
        ],
        [
            *(0.632274811, 0.662576075, 0.53390134, 0.702614688),
        ],
        None,
    ],
    "rms": [
        [
            *(0, -0.761183697, 0.286082252, -0.977723704),
            *(0.678557123, -0.638944819, 0.816810487, -0.680530768),
            *(1.15121315, -0.309758341, 1.09477521, -0.160054293),
        ],
        [
            *(-1.26320336, -0.595613548, -0.883331998, -0.394174839),
            *(-0.965203894, -0.663865533, -0.549539047, -1.00689759),
            *(-0.124310306, -0.679699806, -0.221123031, -1.09980861),
        ],
        [
            *(-0.830218685, 2.13133201, -0.817960642, 1.92323028),
        ],
        [
            *(1.72400945, 1.23974983, 0.810848796, 1.24946344),
            *(1.10149442, 1.62661522, 0.727923812, 2.53651151),
            *(-0.0792188554, 2.01894638, 0.517469587, 2.45448726),
        ],
        [
            *(0.688546315, 0.592134692, 0.494143351, 0.780030677),
        ],
    ],
}


def wave(shape, start):
    """Return numbers between -1 and 1 that any library makes alike."""
    return np.sin(start + 1.7 * np.arange(math.prod(shape))).reshape(shape)


def named(layer, before=""):
    """Return {"norm1.gamma": its Parameter} of a layer."""
    found = {}
    for name, thing in layer._owned():
        inner = hasattr(thing, "forward")
        found |= named(thing, f"{before}{name}.") if inner else {before + name: thing}
    return found


def fill(layer):
    """Set all weights to waves, in the order of their names; return them by name."""
    params = named(layer)
    for i, name in enumerate(sorted(params)):
        params[name].data = wave(params[name].shape, i + 1)
    return params


def two_gradients(y, variables):
    """Return the gradients of sum(y * wave(5)), and those of these gradients."""
    (y * wave(y.shape, 5)).sum().backward(create_graph=True)
    first = [v.grad for v in variables]
    for v in variables:
        v.cleargrad()
    sum((g * wave(g.shape, 6)).sum() for g in first).backward()
    second = [None if v.grad is None else v.grad.data for v in variables]
    return [g.data for g in first], second


def close(got, expected):
    np.testing.assert_allclose(np.ravel(got), np.ravel(expected), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("norm, rope, mlp", BLOCKS)
def test_values_and_two_gradients_of_torch(norm, rope, mlp):
    y, gx, ggx, sums = BLOCKS[norm, rope, mlp]
    block = TransformerBlock(4, 2, rope=rope, norm=norm, mlp=mlp)
    x = Variable(wave((2, 3, 4), 0))
    block(x)  # makes the parameters of the norms
    params = fill(block)
    got = block(x)
    close(got.data, y)
    first, second = two_gradients(got, [x, *params.values()])
    close(first[0], gx)
    close(second[0], ggx)
    assert params.keys() == sums.keys()
    for name, g, gg in zip(params, first[1:], second[1:]):
        a, b = sums[name]
        close((g * wave(g.shape, 7)).sum(), a)
        if b is not None:  # the slope is no function of it
            close((gg * wave(gg.shape, 7)).sum(), b)


@pytest.mark.parametrize("kind", NORMS)
def test_norms_and_two_gradients_of_torch(kind):
    y, *gradients = NORMS[kind]
    layer = LayerNorm() if kind == "layer" else RMSNorm()
    x = Variable(wave((3, 4), 0))
    layer(x)
    params = list(named(layer).values())  # gamma, beta
    for i, param in enumerate(params):
        param.data = wave((4,), i + 2)
    got = layer(x)
    close(got.data, y)
    first, second = two_gradients(got, [x, *params])
    for g, expected in zip([*first, *second], gradients):
        if expected is not None:
            close(g, expected)


KINDS = [
    {},
    {"rope": True, "norm": "rms", "mlp": "swiglu"},
    {"causal": False, "norm": "rms"},
]


def filled(width=4, heads=2, **kind):
    """Return a block whose weights are not 0."""
    block = TransformerBlock(width, heads, **kind)
    block(np.zeros((1, 1, width)))
    fill(block)
    return block


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_to_second_order(rng, kind):
    check_gradients(filled(**kind), rng.normal(size=(2, 3, 4)), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_at_first_a_block_hands_on_x(rng, kind):
    x = rng.normal(size=(2, 5, 8)).astype(np.float32)
    y = TransformerBlock(8, 2, **kind)(x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.data, x)


def test_a_causal_block_does_not_look_ahead(rng):
    x = rng.normal(size=(1, 6, 4))
    for rope in True, False:
        block = filled(rope=rope)
        later = x.copy()
        later[0, 4:] = rng.normal(size=(2, 4))
        np.testing.assert_array_equal(block(x).data[0, :4], block(later).data[0, :4])
    assert not np.allclose(
        filled(causal=False)(x).data[0, :4], filled(causal=False)(later).data[0, :4]
    )


def test_a_mask_hides_keys(rng):
    x = rng.normal(size=(1, 4, 4))
    block = filled(causal=False)
    seen = np.array([True, True, True, False])
    short = block(x[:, :3]).data
    np.testing.assert_allclose(block(x, mask=seen).data[:, :3], short, rtol=1e-12)


@pytest.mark.parametrize("width, hidden", [(3, 8), (4, 16), (24, 64), (64, 176)])
def test_the_width_within_swiglu(width, hidden):
    """8/3 of the width, at the next multiple of 8: three matrices, about as large."""
    block = TransformerBlock(width, 1, mlp="swiglu")
    assert block.up.out_size == block.gate.out_size == hidden
    assert TransformerBlock(width, 1).up.out_size == 4 * width


def test_dropout_is_of_what_is_added():
    np.random.seed(0)
    x = np.ones((1, 200, 4), np.float32)
    block = TransformerBlock(4, 2, dropout=0.5)
    block(x)
    block.down.b.data[...] = 1
    added = block(x).data - 1
    assert set(np.unique(added)) == {0, 2} and 0.4 < added.mean() / 2 < 0.6


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_compiles(rng, kind):
    block = filled(**kind)
    x, more = rng.normal(size=(2, 2, 3, 4))
    gradients = list(block.params())
    fast = static.compile(lambda x: (block(x) ** 2).sum(), x, gradients=gradients)
    found = []
    for run in fast, lambda x: (block(x) ** 2).sum():
        block.cleargrads()
        loss = run(Variable(more))
        if run is not fast:
            loss.backward()
        found.append([loss.data, *(p.grad.data for p in gradients)])
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


def test_a_block_shows_what_is_inside():
    block = TransformerBlock(6, 2, norm="rms", mlp="swiglu")
    lines = [line.split(":")[0].strip() for line in repr(block).splitlines()]
    assert lines == [
        *("TransformerBlock(", "norm1", "attention", "norm2", "gate", "up", "down"),
        ")",
    ]
    assert "up: Linear(16, in_size=6)" in repr(block)


@pytest.mark.parametrize(
    "call, kind, text",
    [
        (lambda: TransformerBlock(0, 2), ValueError, "width must be a whole number"),
        (lambda: TransformerBlock(8.0, 2), TypeError, "width must be a whole number"),
        (
            lambda: TransformerBlock(8, 2, norm="batch"),
            ValueError,
            "norm must be 'layer' or 'rms', got 'batch' .see step 80",
        ),
        (
            lambda: TransformerBlock(8, 2, mlp="relu"),
            ValueError,
            "mlp must be 'gelu' or 'swiglu', got 'relu' .see step 80",
        ),
        (lambda: TransformerBlock(8, 2, dropout=2), ValueError, "dropout must be"),
        (lambda: TransformerBlock(8, 0), ValueError, "^TransformerBlock: heads must"),
        (lambda: TransformerBlock(9, 2), ValueError, "^TransformerBlock: width must"),
        (lambda: TransformerBlock(8, 2, 7), TypeError, "^TransformerBlock: causal"),
        (lambda: TransformerBlock(8, 2, rope=7), TypeError, "^TransformerBlock: rope"),
        (
            lambda: TransformerBlock(8, 2)(np.zeros((2, 0, 8))),
            ValueError,
            r"MultiHeadAttention: x must be .* with T at least 1, got \(2, 0, 8\).*78",
        ),
        (lambda: Embedding(0, 4), ValueError, "^Embedding: count must be .*step 81"),
        (lambda: Embedding(4, 4.0), TypeError, "^Embedding: width must be .*step 81"),
        (
            lambda: Embedding(4, 4)([1.5]),
            TypeError,
            "^Embedding: .* word numbers as ints",
        ),
        (lambda: Embedding(4, 4)([4]), IndexError, "^Embedding: .* 4 words, 0 to 3"),
        (lambda: EmbedID(4, 4)([4]), IndexError, "^EmbedID: .* 4 words, 0 to 3"),
        (
            lambda: Embedding(4, 4).scores(np.zeros((2, 3))),
            ValueError,
            r"^Embedding: h must be \(..., width\) with width = 4, .*got \(2, 3\).*81",
        ),
        (lambda: Embedding(4, 4).scores(None), TypeError, "^Embedding: h .* got None"),
        (
            lambda: TransformerBlock(8, 2)(np.zeros((2, 3, 7))),
            ValueError,
            r"x must be \(N, T, width\) with width = 8, .* got \(2, 3, 7\)",
        ),
        (lambda: TransformerBlock(8, 2)(np.zeros((3, 8))), ValueError, r"got \(3, 8\)"),
        (lambda: TransformerBlock(8, 2)("words"), TypeError, "got 'words'"),
    ],
)
def test_mistakes(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


def test_swiglu_needs_a_gate_for_each_number():
    with pytest.raises(ValueError, match=r"equal shapes, got \(2, 3\) and \(3,\)"):
        F.swiglu(np.ones((2, 3)), np.ones(3))
