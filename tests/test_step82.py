"""Step 82: AdamW and its decays, a schedule, gradients of batches that are added up."""

import math
import re

import numpy as np
import pytest

from dezero import Parameter, Variable, models, optimizers


@pytest.fixture
def step(load_step):
    return load_step(82)


class Target:
    """Stands for a model: has parameters."""

    def __init__(self, *params):
        self._params = params

    def params(self):
        yield from self._params


def param(value, grad):
    p = Parameter(np.array(value))
    p.grad = Variable(np.array(grad))
    return p


def both(step, name):
    """Return the step's and the package's class of a name."""
    return getattr(step, name), getattr(optimizers, name)


def test_weights_shrink_by_themselves(step):
    """With a gradient of 0 Adam does nothing: p falls by 0.1 * 0.5 of itself."""
    for AdamW in both(step, "AdamW"):
        p = param([2.0, -4.0], [0.0, 0.0])
        AdamW(0.1, weight_decay=0.5).setup(Target(p)).update()
        np.testing.assert_allclose(p.data, [1.9, -3.8])


def test_only_matrices_decay(step):
    for AdamW in both(step, "AdamW"):
        W, gamma = param([[2.0, -4.0]], [[0.0, 0.0]]), param([1.0, 1.0], [0.0, 0.0])
        optimizer = AdamW(0.1, weight_decay=0.5, decays=step.is_matrix)
        optimizer.setup(Target(W, gamma)).update()
        np.testing.assert_allclose(W.data, [[1.9, -3.8]])
        np.testing.assert_allclose(gamma.data, [1, 1])


def test_large_gradients_do_not_hide_the_decay(step):
    """Both numbers take Adam's first step, 0.1, whatever the size of the gradient."""
    for AdamW in both(step, "AdamW"):
        p = param([10.0, 10.0], [1e-3, 1e3])
        AdamW(0.1, eps=0, weight_decay=0.5).setup(Target(p)).update()
        np.testing.assert_allclose(p.data, [9.4, 9.4])


def test_the_rate_by_hand(step):
    """Up in four equal parts, half way down in the middle, and then at the bottom."""
    for WarmupCosine in both(step, "WarmupCosine"):
        schedule = WarmupCosine(0.4, warmup=4, total=12, least=0.2)
        rates = [schedule(t) for t in (0, 1, 3, 4, 6, 8, 12, 100)]
        quarter = 0.2 + 0.2 * (1 + math.sqrt(0.5)) / 2  # cos of 45 degrees
        expected = [0.1, 0.2, 0.4, 0.4, quarter, 0.3, 0.2, 0.2]
        np.testing.assert_allclose(rates, expected)
        assert WarmupCosine(1.0, 0, 2)(1) == pytest.approx(0.5)


def small_gpt():
    """Return a GPT that does something at first, in float64."""
    rng = np.random.default_rng(0)
    gpt = models.GPT(7, 6, width=8, depth=1, heads=2)
    gpt(np.zeros((1, 1), int))
    for p in gpt.params():
        p.data = rng.normal(0, 0.3, p.shape)
    return gpt


@pytest.mark.parametrize("sizes", [(2, 2), (3, 3, 3), (4,)])
def test_small_batches_make_the_gradient_of_a_large_one(step, rng, sizes):
    gpt = small_gpt()
    small = [tuple(rng.integers(0, 7, (2, n, 6))) for n in sizes]
    large = [tuple(map(np.concatenate, zip(*small)))]
    losses, gradients = [], []
    for batches in small, large:
        losses.append(step.accumulate(gpt, batches))
        gradients.append([p.grad.data for p in gpt.params()])
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    for a, b in zip(*gradients):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-14)


def test_gradients_from_before_are_forgotten(step, rng):
    gpt, batch = small_gpt(), tuple(rng.integers(0, 7, (2, 2, 6)))
    step.accumulate(gpt, [batch])
    first = [p.grad.data.copy() for p in gpt.params()]
    step.accumulate(gpt, [batch])
    for a, p in zip(first, gpt.params()):
        np.testing.assert_allclose(p.grad.data, a)


class Text:
    """A text in which each token is the one before plus 1."""

    context = 6
    tokenizer = range(7)

    def batches(self, rng, N):
        while True:
            x = rng.integers(0, 7, (N, 1)) + np.arange(7)
            yield x[:, :-1] % 7, x[:, 1:] % 7


def test_training_lowers_the_loss_at_the_rates_of_the_schedule(step):
    seen = []

    def schedule(t):
        seen.append(t)
        return 0.01

    optimizer = optimizers.Adam()
    model, losses = step.train(optimizer, schedule, Text(), updates=25)
    assert seen == list(range(25)) and optimizer.t == 25 and len(losses) == 25
    assert losses[0] == pytest.approx(math.log(7), rel=0.3)
    assert losses[-1] < losses[0] / 2
    assert model.context == 6


def test_a_training_goes_on_from_files(step, tmp_path):
    """model.save_weights and optimizer.save_state are enough, to the last bit."""

    def more(model, optimizer, updates):
        batches = Text().batches(np.random.default_rng(1), 2)
        for batch in [next(batches) for _ in range(6)][updates]:
            step.accumulate(model, [batch])
            optimizer.update()
        return [p.data for p in model.params()]

    def fresh():
        model = small_gpt()
        optimizer = optimizers.AdamW(0.01, decays=step.is_matrix)
        return model, optimizer.setup(model)

    whole = more(*fresh(), slice(0, 6))
    model, optimizer = fresh()
    more(model, optimizer, slice(0, 3))
    model.save_weights(tmp_path / "model")
    optimizer.save_state(tmp_path / "state")
    model, optimizer = fresh()
    model.load_weights(tmp_path / "model")
    optimizer.load_state(tmp_path / "state")
    for a, b in zip(whole, more(model, optimizer, slice(3, 6))):
        assert np.array_equal(a, b)


@pytest.mark.long
def test_what_is_printed(run_step):
    printed = run_step(82)
    losses = [float(x) for x in re.findall(r"^  .+ (\d\.\d+)$", printed, re.M)]
    assert len(losses) == 5 and losses[0] - losses[-1] > 0.2
    assert "the same gradients: True" in printed
    small, large = map(int, re.search(r"memory: (\d+) MB, and (\d+)", printed).groups())
    assert small < 0.7 * large
