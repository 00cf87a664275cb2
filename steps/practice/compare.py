"""try: run check(mine) on the reader's file, and write a line for each comparison.

    python compare.py steps exercise07.py check07.py report.jsonl

exercises.py starts this in a process of its own. The reader's file can import any step.
"""

import importlib.util
import json
import os
import sys
import traceback


def new_module(name, path):
    """Return the module of a file, which is not run yet."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    return module


def run(module):
    """Run the file of a module, and leave no bytecode beside the reader's."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        module.__spec__.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before


def same(expected, got):
    """Say whether got is what was expected: numbers to six digits, shapes exactly."""
    import numpy as np

    if isinstance(expected, (str, bool, type(None), dict, set)):
        return type(got) in (type(expected), np.bool_) and bool(expected == got)
    expected, got = getattr(expected, "data", expected), getattr(got, "data", got)
    try:
        a, b = np.asarray(expected), np.asarray(got)
        if a.dtype.kind not in "biufc" or b.dtype.kind not in "biufc":
            return bool(np.all(expected == got))
        return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-6, atol=1e-8))
    except (TypeError, ValueError):
        return False


def shown(value):
    """Return a value as the reader would write it: a NumPy number as a number."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(shown, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    return repr(value)


def compare(path, check):
    """Yield a dict for each thing that check compares in the file at path."""
    mine = new_module("mine", path)
    try:
        run(mine)
    except BaseException as error:
        yield stop(error, mine)
        return
    yield from compare_in(mine, check)


def compare_in(mine, check):
    """Yield a dict for each thing that check compares in a module.

    That is the reader's file, or __main__ if the reader works in a notebook.
    """
    try:
        judge = new_module("check", check)
        run(judge)
        for what, expected, got in judge.check(mine):
            yield {
                "what": what,
                "ok": same(expected, got),
                "expected": shown(expected),
                "got": shown(got),
            }
        yield {"done": True}
    except BaseException as error:
        yield stop(error, mine)


def stop(error, mine):
    """Return what stopped a check, and at which line of the reader's code."""
    rows = traceback.walk_tb(error.__traceback__)
    inside = [line for frame, line in rows if frame.f_globals is vars(mine)]
    said = str(error)
    if isinstance(error, NotImplementedError) and not said:
        said = "this is your turn"
    return {
        "error": f"{type(error).__name__}: {said}".removesuffix(": "),
        "line": inside[-1] if inside else None,
    }


def main(steps, path, check, report):
    """Write the report."""
    sys.path[0] = os.path.dirname(path)
    sys.path.append(steps)
    if os.environ.get("STEPS_LIMIT"):
        from practice.clock import limit_work

        limit_work(float(os.environ["STEPS_LIMIT"]))
    with open(report, "w", encoding="utf-8") as file:
        for entry in compare(path, check):
            file.write(json.dumps(entry) + "\n")
            file.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
