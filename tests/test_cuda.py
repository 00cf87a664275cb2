"""dezero.cuda, which has to do with CuPy where there is one; see also test_gpu.py."""

import subprocess
import sys
import types

import fake_cupy
import numpy as np
import pytest

from dezero import DataLoader, Variable, cuda
from dezero.layers import Linear


@pytest.fixture
def unasked(monkeypatch):
    """Let cuda forget whether there is a GPU."""
    for name in ("gpu_enable", "cupy"):
        monkeypatch.delitem(vars(cuda), name, raising=False)


def install(monkeypatch, count):
    """Put a CuPy in place whose getDeviceCount is count."""
    module = types.ModuleType("cupy")
    vars(module).update(vars(fake_cupy), __name__="cupy")
    runtime = types.SimpleNamespace(getDeviceCount=count)
    module.cuda = types.SimpleNamespace(runtime=runtime)
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module


def test_with_a_gpu(monkeypatch, unasked):
    module = install(monkeypatch, lambda: 1)
    assert cuda.gpu_enable is True and cuda.cupy is module
    x = cuda.as_cupy([1.0, 2.0])
    assert cuda.is_array(x) and not cuda.is_array(Variable(x))
    assert cuda.get_array_module(x) is cuda.get_array_module(Variable(x)) is module
    assert cuda.as_cupy(x) is x and cuda.as_cupy(Variable(x)) is x


def no_driver():
    raise RuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")


@pytest.mark.parametrize("count", [lambda: 0, no_driver, None])
def test_without(monkeypatch, unasked, count):
    """CuPy without a device, with a broken driver, and no CuPy."""
    if count is None:
        monkeypatch.setitem(sys.modules, "cupy", None)  # import cupy is an error
    else:
        install(monkeypatch, count)
    assert cuda.gpu_enable is False and not hasattr(cuda, "cupy")
    x, layer = Variable(np.ones(2)), Linear(2, in_size=2)
    for move in (x.to_gpu, layer.to_gpu, lambda: cuda.as_cupy(1.0)):
        with pytest.raises(RuntimeError, match="as_cupy: needs CuPy and an NVIDIA GPU"):
            move()
    loader = DataLoader([(1, 2), (1, 2)], 1, gpu=True)
    with pytest.raises(RuntimeError, match="DataLoader: gpu=True needs CuPy.*step 52"):
        next(loader)
    # and the rest goes on
    assert type(x.data) is type(layer.W.data) is np.ndarray
    assert layer(x.data[None]).shape == (1, 2)
    x.to_cpu(), layer.to_cpu(), loader.to_cpu()
    assert next(loader)[0].tolist() == [1]
    assert cuda.get_array_module(x) is np


def test_as_numpy():
    a = np.arange(3)
    assert cuda.as_numpy(a) is a and cuda.as_numpy(Variable(a)) is a
    for number in (2.5, np.float32(2.5)):
        b = cuda.as_numpy(number)
        assert type(b) is np.ndarray and b.shape == () and b == 2.5


def test_the_advice_is_one_line():
    assert "\n" not in cuda.ADVICE and "dezero[gpu]" in cuda.ADVICE


def test_no_other_name():
    with pytest.raises(AttributeError, match="dezero.cuda.* no attribute 'cupi'"):
        cuda.cupi  # noqa: B018


def test_import_does_not_look_for_cupy():
    code = (
        "import sys; sys.modules['cupy'] = None\n"
        "import dezero, numpy; from dezero import cuda\n"
        "x = dezero.Variable(numpy.ones(2)); (x * x).backward(); x.to_cpu()\n"
        "assert 'gpu_enable' not in vars(cuda)\n"
        "assert cuda.gpu_enable is False and 'gpu_enable' in vars(cuda)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_what_becomes_an_array():
    assert cuda.as_numpy([1, 2]).tolist() == [1, 2]
    assert cuda.as_numpy(2.5).shape == ()
    objects = np.array([None])
    assert cuda.as_numpy(objects) is objects
    assert cuda.get_array_module(None) is cuda.get_array_module("x") is np
