"""Step 83: temperature, top-k and top-p by hand, what a text repeats, and texts."""

import re

import numpy as np
import pytest

from dezero import models

P = [0.1, 0.6, 0.05, 0.1, 0.15]  # the table of the text, in another order


@pytest.fixture
def step(load_step):
    return load_step(83)


@pytest.fixture
def both(step):
    return step.token_probabilities, models.token_probabilities


def test_softmax_where_nothing_is_asked(both, rng):
    scores = rng.normal(size=7)
    softmax = np.exp(scores) / np.exp(scores).sum()
    for f in both:
        np.testing.assert_allclose(f(scores), softmax)
        np.testing.assert_allclose(f(scores + 5000), softmax)
        np.testing.assert_allclose(f(scores, top_k=7, top_p=1.0), softmax)
        np.testing.assert_allclose(f(scores, top_k=100), softmax)


def test_temperature_by_hand(both):
    """Half of it squares the probabilities, twice of it takes their roots."""
    for f in both:
        for temperature, power in (0.5, 2), (2, 0.5):
            expected = np.power(P, power) / np.power(P, power).sum()
            np.testing.assert_allclose(f(np.log(P), temperature), expected)


def test_temperature_0_is_the_best_token(both):
    for f in both:
        np.testing.assert_allclose(f(np.log(P), 0), [0, 1, 0, 0, 0])
        np.testing.assert_allclose(f(np.log(P), 0, top_p=0.5), [0, 1, 0, 0, 0])
        np.testing.assert_allclose(f(np.array([1.0, 2.0, 2.0]), 0), [0, 1, 0])


def test_top_k_by_hand(both):
    for f in both:
        expected = np.array([0, 0.6, 0, 0, 0.15]) / 0.75
        np.testing.assert_allclose(f(np.log(P), top_k=2), expected)
        expected = np.array([0.1, 0.6, 0, 0, 0.15]) / 0.85
        np.testing.assert_allclose(
            f(np.log(P), top_k=3), expected
        )  # the first of equals


def test_top_p_by_hand(both):
    """The fewest tokens that have p together."""
    for f in both:
        for top_p, kept in (0.01, 1), (0.59, 1), (0.7, 2), (0.8, 3), (0.9, 4), (1, 5):
            p = f(np.log(P), top_p=top_p)
            assert np.count_nonzero(p) == kept
            assert p.sum() == pytest.approx(1)
            there = p > 0
            np.testing.assert_allclose(p[there] / p[1], np.array(P)[there] / 0.6)


def test_all_together(both):
    """First the temperature, then k, and of what is left those that have p."""
    for f in both:
        squared = np.array([0, 0.36, 0, 0, 0.0225]) / 0.3825
        np.testing.assert_allclose(f(np.log(P), 0.5, 2, 0.95), squared)
        np.testing.assert_allclose(f(np.log(P), 0.5, 2, 0.9), [0, 1, 0, 0, 0])


def test_float32_scores(both, rng):
    scores = rng.normal(size=7).astype(np.float32)
    for f in both:
        p = f(scores, 0.7, 5, 0.9)
        assert p.sum() == pytest.approx(1, abs=1e-12)
        np.testing.assert_allclose(p, f(np.float64(scores), 0.7, 5, 0.9), atol=1e-6)


def test_entropy_by_hand(step):
    assert step.entropy(np.array([0.0, 1.0, 0.0])) == 0
    assert step.entropy(np.full(8, 1 / 8)) == pytest.approx(np.log(8))
    assert step.entropy(np.array([0.5, 0.25, 0.25, 0])) == pytest.approx(
        1.5 * np.log(2)
    )


def test_repeats_and_known_words_by_hand(step):
    assert step.repeats("abcdefgh", 3) == 0
    assert step.repeats("abcabcab", 3) == pytest.approx(3 / 6)
    assert step.repeats("aaaaaaa") == pytest.approx(2 / 3)
    assert step.known_words("e the cat ssat on t", {"the", "on", "cat"}) == 0.75


class Counter:
    """Knows that the token behind t is t + 1 modulo 5, or rarely t + 2."""

    context = 3

    def __init__(self):
        self.longest = 0

    def __call__(self, ids):
        self.longest = max(self.longest, ids.shape[1])
        scores = np.full((*ids.shape, 5), -9.0)
        for ahead, score in (1, 2.0), (2, 0.0):
            np.put_along_axis(scores, (ids[..., None] + ahead) % 5, score, axis=-1)
        return type("Scores", (), {"data": scores})


def test_texts_grow_behind_the_prompt(step):
    model = Counter()
    ids, surprise = step.write(model, [3, 4], 6, N=4, temperature=0)
    assert ids.tolist() == [[3, 4, 0, 1, 2, 3, 4, 0]] * 4
    assert surprise == 0 and model.longest == 3
    ids, surprise = step.write(Counter(), [3], 300, N=2)
    ahead = (ids[:, 1:] - ids[:, :-1]) % 5
    p = np.exp(2) / (np.exp(2) + 1)
    assert (ahead == 1).mean() == pytest.approx(p, abs=0.05)
    assert surprise == pytest.approx(-p * np.log(p) - (1 - p) * np.log(1 - p), abs=0.01)
    assert ids[0].tolist() != ids[1].tolist()
    ids, _ = step.write(Counter(), [3], 50, top_p=0.5)
    assert ((ids[:, 1:] - ids[:, :-1]) % 5 == 1).all()


def test_what_is_printed(run_step):
    printed = run_step(83)
    rows = re.findall(r"^(t.+?) +(\d\.\d+) +~(\d+) % +~(\d+) %$", printed, re.M)
    found = {name: [float(x) for x in row] for name, *row in rows}
    entropies = [found[f"temperature {t}"][0] for t in ("0", "0.5", "1", "1.5")]
    assert entropies[0] == 0 and entropies == sorted(entropies)
    assert found["temperature 0"][1] > 40  # in circles
    assert found["temperature 1.5"][2] < found["temperature 1"][2]
    for name in "top-k, k = 5", "top-p, p = 0.8":
        assert found[name][1] < 20
        assert found[name][2] > found["temperature 1"][2]
