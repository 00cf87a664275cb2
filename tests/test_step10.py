import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dezero
from dezero import gradcheck

STEP = Path(__file__).resolve().parents[1] / "steps" / "step10.py"


def run_pytest(path, folder):
    """Run pytest on one file, as the step tells its reader to."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(path)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_pytest_runs_the_step(tmp_path):
    result = run_pytest(STEP, tmp_path)
    assert result.returncode == 0, result.stdout
    assert "6 passed" in result.stdout


@pytest.mark.parametrize(
    "right, wrong, caught_by",
    [
        (
            "return 2 * self.input.data * gy",
            "return 3 * self.input.data * gy",
            ["test_square_gradient", "test_square_gradient_check"],
        ),
        (
            "return np.exp(self.input.data) * gy",
            "return -np.exp(self.input.data) * gy",
            ["test_exp_gradient_check", "test_chain_gradient_check"],
        ),
        ("return x**2", "return x**3", ["test_square_value"]),
        (
            "if np.allclose(x.grad, measured, rtol=rtol, atol=atol):",
            "if True:",
            ["test_wrong_backward_is_caught"],
        ),
    ],
)
def test_its_tests_catch_a_bug(tmp_path, right, wrong, caught_by):
    """The exercise: break the file, and pytest says so."""
    text = STEP.read_text(encoding="utf-8")
    assert text.count(right) == 1
    broken = tmp_path / "step10.py"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    result = run_pytest(broken, tmp_path)
    assert result.returncode == 1
    for name in caught_by:
        assert f"::{name} - " in result.stdout


@pytest.mark.parametrize(
    "owner, name, wrong, caught_by",
    [
        (
            "Square",
            "backward",
            lambda self, gy: 3 * self.input.data * gy,
            ["test_square_gradient", "test_square_gradient_check"],
        ),
        (
            "Exp",
            "backward",
            lambda self, gy: -np.exp(self.input.data) * gy,
            ["test_exp_gradient_check", "test_chain_gradient_check"],
        ),
        ("Square", "forward", lambda self, x: x**3, ["test_square_value"]),
        ("", "gradient_check", lambda f, x: True, ["test_wrong_backward_is_caught"]),
    ],
    ids=["wrong_backward", "wrong_sign", "wrong_forward", "blind_check"],
)
def test_its_tests_fail_when_something_is_wrong(
    load_step, monkeypatch, owner, name, wrong, caught_by
):
    step = load_step(10)
    for test in caught_by:
        getattr(step, test)()  # passes while all is right
    monkeypatch.setattr(getattr(step, owner) if owner else step, name, wrong)
    for test in caught_by:
        with pytest.raises(AssertionError):
            getattr(step, test)()


def test_gradient_check_of_right_functions(load_step, rng, capsys):
    step = load_step(10)
    for f in (step.square, step.exp, lambda x: step.exp(step.square(x))):
        assert step.gradient_check(f, step.Variable(rng.normal(size=(2, 3)))) is True
        assert step.gradient_check(f, step.Variable(np.array(0.5))) is True
    assert capsys.readouterr().out == ""


def test_gradient_check_of_a_wrong_function_says_by_how_much(load_step, capsys):
    step = load_step(10)
    x = step.Variable(np.array([1.0, 3.0]))
    assert step.gradient_check(step.WrongSquare(), x) is False
    assert "off by up to 3.0000" in capsys.readouterr().out


def test_tolerances(load_step):
    step = load_step(10)

    class Almost(step.Square):
        def backward(self, gy):
            return 1.001 * super().backward(gy)

    x = step.Variable(np.array(1.0))
    assert step.gradient_check(Almost(), x) is False
    assert step.gradient_check(Almost(), x, rtol=1e-2) is True
    assert step.gradient_check(Almost(), x, atol=1e-2) is True


def test_the_given_variable_is_not_touched(load_step):
    step = load_step(10)
    x = step.Variable(np.array([1.0, 2.0]))
    x.grad = kept = np.array([7.0, 7.0])
    assert step.gradient_check(step.square, x)
    assert step.gradient_check(step.square, x)  # and it can be repeated
    assert x.grad is kept


def test_the_random_points_are_the_same_on_each_run(load_step):
    step = load_step(10)
    first, second = step.random_variable(), step.random_variable()
    np.testing.assert_array_equal(first.data, second.data)
    assert len(set(first.data)) == 10


def test_same_as_the_package(load_step, rng):
    step = load_step(10)
    data = rng.normal(size=4)

    class WrongSquare(dezero.Function):
        def forward(self, x):
            return x**2

        def backward(self, gy):
            return self.inputs[0] * gy

    x, v = step.Variable(data), dezero.Variable(data)
    assert step.gradient_check(step.square, x)
    assert gradcheck.gradient_check(lambda v: v**2, v)
    assert not step.gradient_check(step.WrongSquare(), x)
    assert not gradcheck.gradient_check(WrongSquare(), v)


def test_printed(run_step):
    lines = run_step(10).splitlines()
    passed = [line for line in lines if line.startswith("passed: test_")]
    assert len(passed) == 5
    assert lines[-3:] == [
        "bug: y = 9.0000, x.grad = 3.0000",
        "gradient_check: backward is off by up to 3.0000",
        "check: False",
    ]
