"""Step 23. A package: write it once, import it everywhere.

Step 22 is 360 lines long, and most of them are copies. Until now
every file carried along what it needed, so that you could read it
alone. But then a mistake must be mended in every copy. The code of a
package is in one place, and every program imports it from there:

    from dezero.core_simple import Variable

A package is a folder with a file __init__.py. Importing it runs
that file, once, and each name in it becomes a name of the package:

    dezero/
      __init__.py     from dezero.core ...
      core_simple.py  step 22, to the letter
      core/           what grows out of it
      graph.py ...    the later steps

`pip install -e .` in this repository tells Python once where the
folder is. Then any program finds the package, wherever the program
is. The e stands for editable: Python reads the folder itself, so a
change there takes effect when you next start a program.

Which of the two engines do we use? Until step 31 it is
dezero.core_simple, where x.grad is an ndarray, as in your own files.
In `dezero` itself x.grad is a Variable, and step 32 explains what
that is good for. (With is_simple_core = True in
dezero/__init__.py, `dezero` is core_simple, too.)

Below is the program of step 22 again. It prints the same table. (If
you forget where a name was explained, ask for it:
`python -m steps where Pow`.)

Exercise: write a folder tiny with a file __init__.py of your own
that defines a function, and import it from a program beside that
folder. Then move the function into tiny/core.py and import it
into __init__.py: does the program need a change?

In the package: dezero/core_simple.py

Output:
    Variable comes from dezero.core_simple
    at x = 2   value  gradient   measured
    -x       -2.0000   -1.0000    -1.0000
    x - 5    -3.0000    1.0000     1.0000
    5 - x     3.0000   -1.0000    -1.0000
    x / 4     0.5000    0.2500     0.2500
    4 / x     2.0000   -1.0000    -1.0000
    x**3      8.0000   12.0000    12.0000
    x.grad is an ndarray
"""

import numpy as np

from dezero.core_simple import Variable

if __name__ == "__main__":
    print(f"Variable comes from {Variable.__module__}")
    h = 1e-4
    print("at x = 2   value  gradient   measured")
    for name, f in [
        ("-x", lambda x: -x),
        ("x - 5", lambda x: x - 5),
        ("5 - x", lambda x: 5 - x),
        ("x / 4", lambda x: x / 4),
        ("4 / x", lambda x: 4 / x),
        ("x**3", lambda x: x**3),
    ]:
        x = Variable(np.array(2.0))
        y = f(x)
        y.backward()
        slope = (f(2.0 + h) - f(2.0 - h)) / (2 * h)
        print(f"{name:6}{y.data:10.4f}{x.grad:10.4f}{slope:11.4f}")
    print(f"x.grad is an {type(x.grad).__name__}")
