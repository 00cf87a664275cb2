"""Step 16: generations, and backward in topological order."""

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


def diamond(step, value=2.0):
    """Return x, y and the Functions A, B, C, D of step 15's diamond."""
    x = step.Variable(np.array(value))
    A, B, C, D = step.Square(), step.Square(), step.Square(), step.Add()
    a = A(x)
    y = D(B(a), C(a))
    return x, y, (A, B, C, D)


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
    x, y, (A, B, C, D) = diamond(step)
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
    x, y, (A, B, C, D) = diamond(step)
    y.backward()
    assert visited in ([D, B, C, A], [D, C, B, A])
    assert x.grad == 64.0


@pytest.mark.parametrize("times", [1, 5, 60])
def test_doublings_are_visited_once_each(watched, times):
    step, visited = watched
    x = t = step.Variable(np.array(1.0))
    funcs = []
    for _ in range(times):
        t = step.add(t, t)
        funcs.insert(0, t.creator)
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


def test_the_latest_generation_goes_first(watched):
    """However wide the graph: generations never rise on the way back."""
    step, visited = watched
    x = step.Variable(np.array(1.0))
    terms = [step.square(x) for _ in range(32)]
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2], strict=True)
        terms = [step.add(a, b) for a, b in pairs]
    terms[0].backward()
    generations = [func.generation for func in visited]
    assert len(visited) == 63
    assert generations == sorted(generations, reverse=True)
    assert x.grad == 64.0


def test_a_long_chain_needs_no_recursion(load_step):
    step = load_step(16)
    one = step.Variable(np.array(1.0))
    x = y = step.Variable(np.array(1.0))
    for _ in range(3000):
        y = step.add(y, one)
    y.backward()
    assert (y.data, y.generation, x.grad) == (3001.0, 3000, 1.0)


def test_leaf_backward_and_cleargrad(load_step):
    x = load_step(16).Variable(np.array([1.0, 2.0]))
    x.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])
    x.cleargrad()
    assert x.grad is None


def test_agrees_with_the_package_on_generations(load_step):
    step = load_step(16)
    v = dezero.Variable(np.array(2.0))
    x, y, (A, _, _, _) = diamond(step)
    a = v**2
    w = a**2 + a**2
    w.backward()
    y.backward()
    assert [A.outputs[0].generation, y.generation] == [a.generation, w.generation]
    np.testing.assert_allclose(x.grad, v.grad.data)


def test_the_numbers_printed(run_step):
    assert run_step(16).splitlines() == [
        "B, of generation 1, gets 1",
        "C, of generation 1, gets 1",
        "A, of generation 0, gets 16",
        "dy/dx = 64, by hand 8 * x**3 = 64",
        "ten times t = t + t: dt/dx = 1024",
    ]
