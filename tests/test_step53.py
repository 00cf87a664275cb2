"""Step 53: weights in files, restarts, and files that are refused."""

import copy
import pickle
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import dezero
from dezero import Parameter, Variable, layers
from dezero import functions as F
from dezero.datasets import get_spiral
from dezero.gradcheck import array_equal
from dezero.optimizers import SGD, Adam


@pytest.fixture
def step(load_step):
    return load_step(53)


@pytest.fixture
def net(step, rng):
    """A small Net with values that are known."""
    net = step.Net(4)
    net(np.zeros((1, 2), np.float32))
    for param in net.params():
        param.data = rng.normal(size=param.shape).astype(np.float32)
    return net


@pytest.fixture
def path(tmp_path):
    return tmp_path / "w.npz"


def arrays_of(layer):
    return {key: param.data for key, param in layer._named_params().items()}


def assert_same(a, b):
    assert list(a) == list(b)
    assert all(array_equal(a[key], b[key]) for key in a)
    assert all(a[key].dtype == b[key].dtype for key in a)


def refused(layer, path, error, match):
    """Assert that layer refuses the file and is left as it was."""
    before = arrays_of(layer)
    with pytest.raises(error, match=match):
        layer.load_weights(path)
    after = arrays_of(layer)
    assert all(after[key] is before[key] for key in before)


def test_names_are_paths_through_the_layers(step):
    outer = step.Layer()
    outer.scale = Parameter(np.array(2.0))
    outer.net = step.Net(4)
    outer.rate = 0.1
    keys = ["scale", "net/l1/W", "net/l1/b", "net/l2/W", "net/l2/b"]
    assert list(outer._named_params()) == keys
    assert outer._named_params()["net/l2/b"] is outer.net.l2.b
    found = {}
    outer.net._flatten_params(found, "x")
    assert list(found) == ["x/l1/W", "x/l1/b", "x/l2/W", "x/l2/b"]
    assert list(dezero.Layer._named_params(outer)) == keys


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_what_is_saved_is_loaded(step, net, path, kind):
    net.save_weights(kind(path))
    assert list(path.parent.iterdir()) == [path]
    other = step.Net(4)  # never called: no W yet
    other.load_weights(kind(path))
    assert_same(arrays_of(net), arrays_of(other))
    other(np.ones((3, 2), np.float32)).sum().backward()
    SGD(lr=0.1).setup(other).update()  # what was loaded can be trained


def test_files_are_those_of_the_package(step, net, path):
    class Net(layers.Layer):
        def __init__(self):
            super().__init__()
            self.l1 = layers.Linear(4)
            self.l2 = layers.Linear(3)

    net.save_weights(path)
    theirs = Net()
    theirs.load_weights(path)
    assert_same(arrays_of(net), arrays_of(theirs))
    theirs.save_weights(path)
    ours = step.Net(4)
    ours.load_weights(path)
    assert_same(arrays_of(net), arrays_of(ours))


def test_nothing_is_saved_before_there_are_values(step, path):
    with pytest.raises(RuntimeError, match=r"l1/W, l2/W has no values yet.*step 53"):
        step.Net(4).save_weights(path)
    assert list(path.parent.iterdir()) == []


def test_saving_moves_the_arrays_into_main_memory(step, net, path, monkeypatch):
    moved = []
    monkeypatch.setattr(Parameter, "to_cpu", lambda p: moved.append(p))
    net.save_weights(path)
    assert moved == list(net.params())


def test_a_save_that_breaks_off_leaves_the_former_file(step, net, path, monkeypatch):
    net.save_weights(path)
    before = path.read_bytes()

    def half(file, **arrays):
        file.write(before[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", half)
    with pytest.raises(KeyboardInterrupt):
        net.save_weights(path)
    assert path.read_bytes() == before


def test_a_part_of_a_file_is_refused(net, path):
    net.save_weights(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 11):
        path.write_bytes(whole[:length])
        refused(
            net,
            path,
            ValueError,
            r"w.npz: .*; it is not a file that save_weights wrote",
        )


def test_no_damage_goes_unnoticed(step, net, path):
    """Whatever byte is changed: an error, or the same numbers."""
    net.save_weights(path)
    whole = path.read_bytes()
    errors = 0
    for place in range(len(whole)):
        changed = bytes([whole[place] ^ 0x41])
        path.write_bytes(whole[:place] + changed + whole[place + 1 :])
        other = step.Net(4)
        try:
            other.load_weights(path)
        except (ValueError, KeyError):
            errors += 1
            assert other.l1.W.data is None
        else:
            assert_same(arrays_of(other), arrays_of(net))
    assert errors > len(whole) / 2


def test_other_shapes_are_named(step, net, path):
    wide = step.Net(5)
    wide(np.ones((1, 2), np.float32))
    wide.save_weights(path)
    message = r"w.npz: l1/W has shape \(2, 5\) there and \(2, 4\) here.*step 53"
    refused(net, path, ValueError, message)
    refused(step.Net(4), path, ValueError, r"l1/b has shape \(5,\) there and \(4,\)")


def test_missing_names_are_listed(net, path):
    net.l2.save_weights(path)
    message = r"there is no l1/W, l1/b, l2/W, l2/b in it; it has W, b \(see step 53\)"
    refused(net, path, KeyError, message)


def test_the_last_array_is_checked_before_the_first_is_set(net, path):
    arrays = arrays_of(net)
    arrays["l2/b"] = np.zeros(7)
    np.savez(path, **arrays)
    refused(net, path, ValueError, r"l2/b has shape \(7,\)")
    del arrays["l2/b"]
    np.savez(path, **arrays)
    refused(net, path, KeyError, r"there is no l2/b in it")


class Trap:
    """Unpickling it fails the test."""

    def __reduce__(self):
        return pytest.fail, ("the pickle was read",)


def test_pickles_are_not_read(net, path):
    path.write_bytes(pickle.dumps(Trap()))
    refused(
        net, path, ValueError, "w.npz: .*pickle.*not a file that save_weights wrote"
    )
    arrays = arrays_of(net)
    np.savez(path, extra=np.array(Trap(), dtype=object), **arrays)
    refused(net, path, ValueError, "allow_pickle=False")


def test_a_file_that_is_not_there(net, path):
    refused(net, path, FileNotFoundError, "w.npz")


def test_a_pickle_carries_out_an_order(step, capsys):
    data = pickle.dumps(step.Order())
    assert capsys.readouterr().out == ""
    assert pickle.loads(data) is None
    assert capsys.readouterr().out == "a pickle was read, and has called print\n"


def test_the_bad_files(step, net, path, capsys):
    net(np.ones((1, 2), np.float32))
    net.save_weights(path)
    cut, other, part, order = step.bad_files(path, np.ones((1, 2), np.float32))
    assert not zipfile.is_zipfile(cut) or cut.stat().st_size <= 1000
    with np.load(other) as npz:
        assert npz["l1/W"].shape == (2, 20)
    with np.load(part) as npz:
        assert sorted(npz.files) == ["W", "b"]
    with np.load(order) as npz:
        with pytest.raises(ValueError, match="allow_pickle=False"):
            npz["W"]
    assert capsys.readouterr().out == ""  # nothing was unpickled


def test_another_process_has_it_right_too(step, path):
    np.random.seed(0)  # noqa: NPY002
    model = step.Net(100)
    x, t = get_spiral()
    step.learn(model, x, t, 50)
    model.save_weights(path)
    known = step.right(model)
    assert known > 200
    assert step.start_again(path) == str(known)


def test_right(step):
    x, t = get_spiral(train=False)
    scores = np.eye(3)[t]
    scores[:50] = np.roll(scores[:50], 1, axis=1)

    def model(given):
        assert array_equal(given, x)
        return Variable(scores)

    assert step.right(model) == 250


def test_a_copy_in_the_package_leaves_its_graph(net):
    """What the text says of pickle, deepcopy and __getstate__."""
    y = net(np.ones((1, 2), np.float32))
    theirs = layers.Linear(2, in_size=3)
    for again in (copy.deepcopy(theirs), pickle.loads(pickle.dumps(theirs))):
        assert_same(arrays_of(theirs), arrays_of(again))
        assert again.W is not theirs.W
    z = pickle.loads(pickle.dumps(y))
    assert array_equal(z.data, y.data)
    assert z.creator is None and z.generation == 0 and y.creator is not None


def test_the_exercise(step, path):
    """100 updates, a restart and 100 more, with Adam's memory in the file."""
    x, t = get_spiral()

    def learn(model, optimizer, updates):
        for _ in range(updates):
            loss = F.softmax_cross_entropy(model(x), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()

    np.random.seed(0)  # noqa: NPY002
    model = step.Net(10)
    model(x)
    start = copy.deepcopy(arrays_of(model))
    learn(model, Adam(0.05).setup(model), 200)

    results = []
    for remember in (True, False):
        half, optimizer = step.Net(10), Adam(0.05)
        np.savez(path, **start)
        half.load_weights(path)
        learn(half, optimizer.setup(half), 100)
        half.save_weights(path)
        memory = {
            key: (optimizer.ms[id(p)].copy(), optimizer.vs[id(p)].copy())
            for key, p in half._named_params().items()
        }
        again, optimizer = step.Net(10), Adam(0.05)
        again.load_weights(path)
        if remember:
            optimizer.t = 100
            for key, p in again._named_params().items():
                optimizer.ms[id(p)], optimizer.vs[id(p)] = memory[key]
        learn(again, optimizer.setup(again), 100)
        results.append(again)
    for key, array in arrays_of(model).items():
        np.testing.assert_array_equal(arrays_of(results[0])[key], array)
    assert not array_equal(results[1].l1.W.data, model.l1.W.data)


def test_the_accuracy_survives_the_restart(run_step):
    output = run_step(53)
    new = int(re.search(r"a new network: right (\d+)", output)[1])
    saved = int(re.search(r"after learning, and saving: (\d+)", output)[1])
    started = int(re.search(r"after a restart, from file: (\d+)", output)[1])
    after = int(re.search(r"right, after all this: +(\d+)", output)[1])
    assert saved == started == after > 280 > 150 > new


def test_a_path_is_all_that_the_second_run_gets(step, net, tmp_path):
    """It prints nothing but a number, and fails on a file that does not fit."""
    net.save_weights(tmp_path / "small.npz")
    result = subprocess.run(
        [sys.executable, step.__file__, str(tmp_path / "small.npz")],
        capture_output=True,
        text=True,
    )
    assert result.returncode != 0 and result.stdout == ""
    assert "l1/b has shape (4,) there and (100,) here" in result.stderr
