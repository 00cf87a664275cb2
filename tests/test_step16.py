"""Step 16: generations, and backward with a heap."""

import math

import numpy as np
import pytest

import dezero


@pytest.fixture
def watched(load_step, monkeypatch):
    """Return step 16 and the list of the functions whose backward was called."""
    step, visited = load_step(16), []
    for cls in (step.Square, step.Add):

        def spy(self, gy, original=cls.backward):
            visited.append(self)
            return original(self, gy)

        monkeypatch.setattr(cls, "backward", spy)
    return step, visited


def random_graph(rng, x, add, square, size):
    """Return the sum of results that use each other at random; x must be small."""
    results = [x, square(x)]
    for _ in range(size):
        a, b = (results[rng.integers(len(results))] for _ in range(2))
        results.append(add(square(a), b))
    total = results[0]
    for result in results[1:]:
        total = add(total, result)
    return total


def test_generations_of_the_diamond(load_step):
    step = load_step(16)
    x = step.Variable(np.array(2.0))
    y, (A, B, C, D) = step.diamond(x)
    assert [x.generation, A.outputs[0].generation, y.generation] == [0, 1, 3]
    assert [func.generation for func in (A, B, C, D)] == [0, 1, 1, 2]


def test_generation_is_the_latest_of_the_inputs(load_step):
    step = load_step(16)
    x = step.Variable(np.array(1.0))
    late = step.square(step.square(step.square(x)))
    for y in (step.add(x, late), step.add(late, x)):
        assert (late.generation, y.creator.generation, y.generation) == (3, 3, 4)


def test_diamond_by_hand(watched):
    step, visited = watched
    x = step.Variable(np.array(2.0))
    y, (A, B, C, D) = step.diamond(x)
    y.backward()
    assert visited == [D, B, C, A]
    assert x.grad == 64.0


@pytest.mark.parametrize("times", [1, 5, 60])
def test_doublings_are_visited_once_each(watched, times):
    step, visited = watched
    x = step.Variable(np.array(1.0))
    t, funcs = step.doubled(x, times)
    t.backward()
    assert visited == funcs
    assert x.grad == 2.0**times


@pytest.mark.parametrize("seed", range(5))
def test_random_graphs(watched, seed):
    """Consumers come first, nobody comes twice, and the package agrees."""
    step, visited = watched
    data = np.linspace(-0.1, 0.1, 3)
    x, v = step.Variable(data), dezero.Variable(data)
    y = random_graph(np.random.default_rng(seed), x, step.add, step.square, 15)
    w = random_graph(
        np.random.default_rng(seed), v, lambda a, b: a + b, lambda a: a**2, 15
    )
    y.backward()
    w.backward()
    np.testing.assert_allclose(y.data, w.data, rtol=1e-12)
    np.testing.assert_allclose(x.grad, v.grad.data, rtol=1e-12)
    assert len(set(visited)) == len(visited)
    place = {func: at for at, func in enumerate(visited)}
    for func in visited:
        for box in func.inputs:
            if box.creator is not None:
                assert place[func] < place[box.creator]


def test_gradient_against_finite_differences(load_step):
    step = load_step(16)
    data = np.linspace(-0.1, 0.1, 3)

    def f(values):
        x = step.Variable(values)
        rng = np.random.default_rng(3)
        return x, random_graph(rng, x, step.add, step.square, 10)

    x, y = f(data)
    y.backward()
    h = 1e-5
    slope = (f(data + h)[1].data - f(data - h)[1].data) / (2 * h)
    np.testing.assert_allclose(x.grad, slope, rtol=1e-6)


@pytest.mark.parametrize("build, n", [("deep", 30), ("wide", 32), ("diamond", None)])
def test_walk_goes_where_backward_goes(watched, build, n):
    """The heap that counts gives the order of the heap in Variable.backward."""
    step, visited = watched
    x = step.Variable(np.array(1.0))
    y = step.diamond(x)[0] if build == "diamond" else getattr(step, build)(x, n)
    y.backward()
    assert step.walk(y, step.HeapQueue()) == visited
    generations = [func.generation for func in visited]
    assert generations == sorted(generations, reverse=True)
    by_list = step.walk(y, step.SortedQueue())
    assert [func.generation for func in by_list] == generations
    assert set(by_list) == set(visited)


def test_wide_and_deep_by_hand(load_step):
    step = load_step(16)
    for build, value, slope in [(step.deep, 1.0, 2.0**8), (step.wide, 8.0, 16.0)]:
        x = step.Variable(np.array(1.0))
        y = build(x, 8)
        y.backward()
        assert (y.data, x.grad) == (value, slope)


def test_reads_by_hand(load_step):
    """Three pushes: a sorted list reads 1 + 2 + 3, a heap 2 for each comparison."""
    step = load_step(16)
    y = step.deep(step.Variable(np.array(1.0)), 3)
    funcs = []
    while y.creator is not None:
        funcs.append(y.creator)
        y = y.creator.inputs[0]
    heap, sorted_list = step.HeapQueue(), step.SortedQueue()
    for func in funcs:  # latest first: each stays behind the one in front
        heap.push(func)
        sorted_list.push(func)
    assert (heap.reads, sorted_list.reads) == (4, 6)
    assert [heap.pop() for _ in funcs] == funcs
    assert [sorted_list.pop() for _ in funcs] == funcs


def test_cost_on_a_wide_graph(load_step):
    """The heap stays near n log n, the list that is sorted anew is at n**2."""
    step = load_step(16)
    reads = {}
    for n in (256, 512):
        y = step.wide(step.Variable(np.array(1.0)), n)
        heap, sorted_list = step.HeapQueue(), step.SortedQueue()
        count = len(step.walk(y, heap))
        step.walk(y, sorted_list)
        assert count == 2 * n - 1
        assert heap.reads < 3 * count * math.log2(count)
        assert sorted_list.reads >= n**2
        reads[n] = heap.reads, sorted_list.reads
    assert reads[512][0] / reads[256][0] < 2.5
    assert reads[512][1] / reads[256][1] > 3.5


def test_cost_on_a_deep_graph(load_step):
    step = load_step(16)
    y = step.deep(step.Variable(np.array(1.0)), 2000)
    heap, sorted_list = step.HeapQueue(), step.SortedQueue()
    assert len(step.walk(y, heap)) == len(step.walk(y, sorted_list)) == 2000
    assert (heap.reads, sorted_list.reads) == (0, 2000)


def test_the_exercise(load_step):
    """Earliest generation first gives the wrong 32 that step 15 shows."""
    step = load_step(16)

    class Backwards(step.HeapQueue):
        def push(self, func):
            self.entries.append(func)

        def pop(self):
            self.entries.sort(key=lambda func: func.generation)
            return self.entries.pop(0)

    x = step.Variable(np.array(2.0))
    y, _ = step.diamond(x)
    y.grad = np.array(1.0)
    for func in step.walk(y, Backwards()):
        gxs = func.backward(func.outputs[0].grad)
        for box, gx in zip(func.inputs, gxs if isinstance(gxs, tuple) else (gxs,)):
            box.grad = gx if box.grad is None else box.grad + gx
    assert x.grad == 32.0


def test_leaf_backward_and_cleargrad(load_step):
    x = load_step(16).Variable(np.array([1.0, 2.0]))
    x.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])
    x.cleargrad()
    assert x.grad is None


def test_agrees_with_the_package_on_generations(load_step):
    step = load_step(16)
    x, v = step.Variable(np.array(2.0)), dezero.Variable(np.array(2.0))
    y, (A, _, _, _) = step.diamond(x)
    a = v**2
    w = a**2 + a**2
    w.backward()
    y.backward()
    assert [A.outputs[0].generation, y.generation] == [a.generation, w.generation]
    np.testing.assert_allclose(x.grad, v.grad.data)
