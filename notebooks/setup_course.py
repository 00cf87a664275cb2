"""What the cells of a chapter need: the steps, the package, pictures, and a judge.

    from setup_course import STEPS, Picture, check

It installs the package dezero where it is missing, and says so where another package
of that name is in the way. Works where the notebook was opened from its own folder in a
clone of the repository: that is what JupyterLab, VS Code and nbconvert do.
"""

import importlib.util
import site
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

from IPython.display import Image

__all__ = ["STEPS", "Picture", "check"]

ROOT = Path(__file__).resolve().parents[1]
STEPS = ROOT / "steps"

spec = importlib.util.find_spec("dezero")
if spec is None or spec.origin is None:  # None: a folder of that name
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.check_call([*pip, "-e", ROOT])
    site.addsitedir(sysconfig.get_path("purelib"))  # no restart needed
elif not Path(spec.origin).with_name("func.py").is_file():
    raise ImportError(
        f"the package dezero in {Path(spec.origin).parent} is not the one "
        "of this course, but another of that name: run %pip uninstall -y "
        "dezero in a cell, restart the kernel, and run this cell again"
    )


def Picture(file):
    """Return a picture of a step, and in words what is to be seen on it."""
    name = Path(file).name
    ledger = tomllib.loads((STEPS / "ledger.toml").read_text(encoding="utf-8"))
    said = ledger.get(name[:6], {}).get("pictures", {}).get(name, "")
    return Image(file, metadata={"alt": said})


# A milestone imports what a step has built. Last: numpy.py and dezero.py in steps/ are
# not the packages.
sys.path.append(str(STEPS))


def check(number):
    """Say what is right in your answer to the exercise of a step, and what is not.

    The answer is what the cells of this notebook have defined. check(46) says the same
    as `python -m steps try 46` says of a file.
    """
    from practice.inplace import verdict

    print("\n".join(verdict(number, sys.modules["__main__"])))
