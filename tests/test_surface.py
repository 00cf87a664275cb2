"""No call of a public name dies inside, whatever it is given; see surface.py."""

import numpy as np
import pytest
import surface
from surface import CLASSES, ROWS, WITHOUT, called

# Right calls that are refused on this machine, or always, each with its sentence.
REFUSED = {
    "core.Variable.to_gpu": "needs CuPy",
    "cuda.as_cupy": "needs CuPy",
    "layers.Layer.forward": "write forward",
    "layers.Layer.to_gpu": "needs CuPy",
    "optimizers.Optimizer.update": "setup",
    "optimizers.Optimizer.zero_grad": "setup",
    "optimizers.Adam.lr": "before the first update",
    "core.Variable.__setitem__": "edit a leaf's array",
    "datasets.ImageNet": "require registration",
    "utils.get_file": "could not fetch",
}
# Calls whose message is Python's or NumPy's own, each with the reason. It only shrinks.
ALLOWED = {}


def test_every_public_name_has_a_row():
    rows = [*ROWS, *CLASSES, *WITHOUT]
    walked = {id(surface.resolve(name)) for name in rows}  # a name may move
    missing = [
        name
        for name, thing in surface.public_names().items()
        if name not in rows and id(thing) not in walked
    ]
    assert not missing, (
        f"dezero.{missing[0]} and {len(missing) - 1} more are public and not walked: "
        "say in ROWS of tests/surface.py how each is called rightly, for instance "
        f'"{missing[0]}": called(X), and see what it says to odd input: '
        + ", ".join(missing)
    )


def test_no_row_is_left_behind():
    rows = [*ROWS, *CLASSES, *WITHOUT]
    assert [name for name in rows if surface.resolve(name) is None] == []
    assert len(rows) == len(set(rows))


def test_a_line_in_cases_is_a_row():
    rows, classes = dict(ROWS), dict(CLASSES)
    del rows["functions.clip"], classes["functions.Clip"]
    surface.add_rows_of_cases(rows, classes)
    assert rows.keys() == ROWS.keys() and classes.keys() == CLASSES.keys()
    for name, row in [
        ("functions.clip", rows["functions.clip"]),
        ("functions.Clip", classes["functions.Clip"]),
    ]:
        right, *odd = surface.walk_row(name, row, surface.resolve(name), surface.SOME)
        assert right.kind == "fine", right
        assert {f.kind for f in odd} >= {"fine", "refused"}


@pytest.mark.parametrize("name", CLASSES)
def test_classes_of_functions_are_called_rightly(name):
    (right, *_) = surface.walk_row(name, CLASSES[name].few(), surface.resolve(name))
    assert right.kind == "fine", right


@pytest.mark.parametrize("name", ROWS)
def test_name(name):
    with surface.quiet_place():
        row, thing = ROWS[name], surface.resolve(name)
        right, *odd = surface.walk_row(name, row, thing, surface.SOME)
    if name in REFUSED:
        assert right.kind == "refused" and REFUSED[name] in str(right.error), right
    else:
        assert right.kind == "fine", right
    assert [f"{f.call} leaves {f.state}" for f in odd if f.state] == []
    dead = [str(f) for f in odd if f.dies and f.call not in ALLOWED.get(name, ())]
    assert not dead, (
        f"dezero.{name}, {len(dead)} of {len(odd)} calls die inside: check what comes "
        "from outside, and raise a sentence:\n" + "\n".join(dead[:20])
    )


# --- the walk itself ---


def findings(function, row):
    """Return {call: kind} of a walk over a planted function."""
    found = list(surface.walk_row("planted", row, function))
    assert found[0].call == "as it should be" and found[0].kind == "fine"
    return {f.call: f for f in found[1:]}


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """Return a function that makes one of source, as if the package had it."""

    def plant(source):
        path = tmp_path / "planted.py"
        path.write_text(source, encoding="utf-8")
        monkeypatch.setattr(surface, "PACKAGE", tmp_path)
        surface.raises.cache_clear()
        names = {"np": np, **vars(surface)}
        exec(compile(source, str(path), "exec"), names)
        return names["f"]

    yield plant
    surface.raises.cache_clear()


def test_a_function_that_dies_inside_is_caught(planted):
    found = findings(planted("def f(x):\n    return x.shape"), called(np.ones(2)))
    assert found["arg 0 = None"].kind == "dies"
    assert found["arg 0 = None"].place == "planted.py:2"
    assert found["arg 0 = (5,)"].kind == "fine"


def test_a_function_that_says_what_it_wants_is_not(planted):
    source = """
def f(x):
    if not isinstance(x, np.ndarray):
        raise TypeError(
            f"f: expected an array, got {x!r}"
        )
    return x.shape
"""
    found = findings(planted(source), called(np.ones(2)))
    assert {f.kind for f in found.values()} == {"fine", "refused"}
    assert found["arg 0 = None"].kind == "refused"
    assert found["arg 0 = (5,)"].kind == "fine"
    # Python's own words for a wrong number of arguments, or a wrong name
    assert found["no argument"].kind == found["dimm = 0"].kind == "refused"


def test_a_message_of_numpy_is_not_ours(planted):
    found = findings(
        planted("def f(x):\n    return np.ones((2, 3)) @ x"), called(np.ones(3))
    )
    assert found["arg 0 = (4, 7)"].kind == "bare"
    assert found["arg 0 = (4, 7)"].dies


def test_an_error_while_the_sentence_is_made_is_caught(planted):
    source = "def f(x):\n    if x is None:\n        raise ValueError(f'{x.shape}')"
    found = findings(planted(source), called(np.ones(2)))
    assert found["arg 0 = None"].kind == "dies"


def test_a_backward_that_dies_is_caught(planted):
    source = """
class Bad(F.Sin):
    def backward(self, gy):
        return gy * self.inputs[0].data.nothing if gy.ndim != 1 else gy
def f(x):
    return Bad()(x)
"""
    found = findings(planted(source), called(np.ones(2)))
    assert found["arg 0 = Variable (4, 7)"].kind == "dies"
    assert found["arg 0 = no_grad"].kind == "fine"  # there is no backward


def test_state_that_is_left_changed_is_noticed_and_put_back(planted):
    source = """
def f(x):
    Config.train = isinstance(x, np.ndarray)
"""
    found = findings(planted(source), called(np.ones(2)))
    assert found["arg 0 = None"].state and not found["arg 0 = (5,)"].state
    assert surface.Config.train is True
