"""Step 70: a recurrent cell that reads, and writes, text."""

import numpy as np
import pytest

import dezero
from dezero import functions as F
from dezero import layers as L
from dezero import utils
from dezero.datasets import Shakespear


@pytest.fixture
def step(load_step):
    return load_step(70)


@pytest.fixture
def reader(step, rng):
    return step.Reader(34, 20, rng)


@pytest.mark.long
def test_a_sample_before_and_after(step, run_step):
    first, alone, before, *table = run_step(70).splitlines()
    assert first == "173 characters of 34 kinds"
    assert alone == "right from the last character alone: 39 %"
    said = before.removeprefix("before: ")
    assert said.startswith("Rough winds do shake ") and said not in step.SONNET
    at = table.index("after: Rough winds do shake the darling buds of May,")
    lines = step.SONNET.splitlines()
    assert table[at + 1 :] == [lines[3], lines[0]]
    losses = [float(row.split()[3].rstrip(",")) for row in table[:at]]
    rights = [int(row.split()[4]) for row in table[:at]]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.05
    assert rights[0] < 10 and rights[-1] == 100


def test_the_text_in_numbers(step):
    text = step.Sonnet()
    assert len(text) == len(step.SONNET) == 173
    letters = "".join(text.id_to_char[int(i)] for i in text.data)
    assert letters == step.SONNET
    np.testing.assert_array_equal(text.label, np.roll(text.data, -1))
    assert list(text.char_to_id)[:5] == ["S", "h", "a", "l", " "]


def test_shakespear_is_that_of_the_package(step, tmp_path, monkeypatch):
    (tmp_path / "shakespear.txt").write_bytes(b"hello\nhell \xc3\xa9")
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path))
    monkeypatch.delitem(utils.DOWNLOADS, "shakespear.txt")  # its size, and its MD5
    ours, theirs = step.Shakespear(), Shakespear()
    assert ours.char_to_id == theirs.char_to_id
    assert ours.id_to_char == theirs.id_to_char
    np.testing.assert_array_equal(ours.data, theirs.data)
    np.testing.assert_array_equal(ours.label, theirs.label)
    assert ours[0] == theirs[0]


def test_the_cell_by_formula(step, reader, rng):
    cell = reader.cell
    x, h = rng.normal(size=(3, 16)), rng.normal(size=(3, 20))
    for p in cell.parameters():
        p.data = rng.normal(size=p.data.shape)
    W, b, U, c, V, d = (p.data for p in cell.parameters())
    y, new = cell(step.Tensor(x), step.Tensor(h))
    expected = np.tanh(x @ W + b + h @ U + c)
    np.testing.assert_allclose(new.data, expected)
    np.testing.assert_allclose(y.data, expected @ V + d)


def test_the_same_cell_in_dezero(step, rng):
    """EmbedID, RNN and Linear with the same weights: loss and gradients."""
    reader = step.Reader(6, 5, rng)
    x = rng.integers(6, size=(4, 3))  # four characters of three rows
    table, W, b, U, c, V, d = (p.data for p in reader.parameters())
    embed, rnn, out = L.EmbedID(6, 16), L.RNN(5), L.Linear(6)
    embed.W.data = table
    rnn.x2h.W.data, rnn.x2h.b.data = W, b + c
    rnn.h2h.W.data, out.W.data, out.b.data = U, V, d
    h, ours, theirs = None, step.Tensor(0.0), 0
    for now, then in zip(x, x[1:]):
        y, h = reader(now, h)
        ours = ours + y.cross_entropy(then)
        theirs = theirs + F.softmax_cross_entropy(out(rnn(embed(now))), then)
    assert float(ours.data) == pytest.approx(float(theirs.data))
    ours.backward()
    theirs.backward()
    pairs = zip(
        [reader.parameters()[i] for i in (0, 1, 2, 3, 5, 6)],
        [embed.W, rnn.x2h.W, rnn.x2h.b, rnn.h2h.W, out.W, out.b],
    )
    for p, q in pairs:
        np.testing.assert_allclose(p.grad.data, q.grad.data, atol=1e-14)


def test_weights_have_a_child_for_each_place(step, reader):
    total, h = step.Tensor(0.0), None
    for i in range(16):
        y, h = reader(np.array([i, i + 1]), h)
        total = total + y.cross_entropy(np.array([0, 1]))
    count = total.children()
    assert count[reader.cell.h_to_h.W] == count[reader.embedding.W] == 16


def test_the_graph_ends_after_each_piece(step, reader):
    """The work for a piece does not grow with what was read before."""
    sizes, count = [], step.Tensor.children

    class Tensor(step.Tensor):
        def children(self):
            sizes.append(len(count(self)))
            return count(self)

    step.Tensor = Tensor
    list(step.train(reader, step.Sonnet(), 4, 0.1))
    # the first piece begins with an h that is no result, as the others do
    assert len(sizes) == 4 and len(set(sizes)) == 1


def test_rows_go_around(step, reader):
    """Each row reads on where it stopped, and from the end to the beginning."""
    text, seen = step.Sonnet(), []

    class Watched(step.Reader):
        def __call__(self, x, h=None):
            seen.append(x)
            return super().__call__(x, h)

    watched = Watched(34, 5, np.random.default_rng(0))
    list(step.train(watched, text, 12, 0.1, rows=3))
    rows = np.array(seen).T  # (3, 192)
    for row, start in zip(rows, (0, 57, 114)):
        expected = text.data[np.arange(start, start + 192) % 173]
        np.testing.assert_array_equal(row, expected)


def test_write_takes_the_best_or_draws(step):
    """A reader whose scores are always the same: greedy, and by chance."""
    text = step.Sonnet()
    p = np.zeros(34) + 1e-9
    p[[text.char_to_id["a"], text.char_to_id["e"]]] = 0.7, 0.3

    def reader(x, h=None):
        assert x.shape == (1,)
        return step.Tensor(np.log(p)[np.newaxis]), (h or 0) + 1

    assert step.write(reader, text, "Sh", 4) == "Shaaaa"
    drawn = step.write(reader, text, "S", 2000, noise=1.0)[1:]
    assert len(drawn) == 2000 and set(drawn) == {"a", "e"}
    assert drawn.count("a") / 2000 == pytest.approx(0.7, abs=0.04)
    bolder = step.write(reader, text, "S", 2000, noise=0.5)[1:]
    expected = 0.7**2 / (0.7**2 + 0.3**2)
    assert bolder.count("a") / 2000 == pytest.approx(expected, abs=0.04)


def test_what_one_character_tells(step):
    text = step.Sonnet()
    pairs = list(zip(text.data.tolist(), text.label.tolist()))
    best = sum(
        max(pairs.count((a, b)) for b in range(34)) for a in set(text.data.tolist())
    )
    assert step.share_from_one(text) == pytest.approx(best / 173)


@pytest.mark.long
def test_the_exercise_without_memory(step):
    """Reading without h is a table of pairs: no better than one character tells."""
    text = step.Sonnet()

    class Forgetful(step.Reader):
        def __call__(self, x, h=None):
            return super().__call__(x)

    reader = Forgetful(34, 32, np.random.default_rng(0))
    list(step.train(reader, text, 150, 0.5))
    y, _ = reader(text.data)
    right = (y.data.argmax(1) == text.label).mean()
    assert 0.2 < right <= step.share_from_one(text)


def test_dezero_is_not_needed_to_train(step, monkeypatch):
    """The engine stands alone; the package only brings the text."""

    def refuse(*args):
        raise AssertionError("a Function of dezero was called")

    monkeypatch.setattr(dezero.Function, "__call__", refuse)
    reader = step.Reader(34, 8, np.random.default_rng(0))
    losses = [loss for loss, _ in step.train(reader, step.Sonnet(), 30, 0.3)]
    assert losses[-1] < losses[0]
