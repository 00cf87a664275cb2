"""What the cells of a chapter need: the steps, the package, pictures, and a judge.

    from setup_course import STEPS, Picture, check

It installs the package dezero if it is missing, and says so if another package of that
name is in the way. It works if the notebook runs in its own folder in a clone of the
repository, as it does in JupyterLab, VS Code and nbconvert.
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
        "of this course, but another one with that name: run %pip uninstall -y "
        "dezero in a cell, restart the kernel, and run this cell again"
    )


def Picture(file):
    """Return a picture of a step, with a description in words."""
    name = Path(file).name
    ledger = tomllib.loads((STEPS / "ledger.toml").read_text(encoding="utf-8"))
    said = ledger.get(name[:6], {}).get("pictures", {}).get(name, "")
    return Image(file, metadata={"alt": said})


# A milestone imports what a step has built. The folder comes last, because numpy.py and
# dezero.py in it are not the packages.
sys.path.append(str(STEPS))


def check(number):
    """Say what is right in your answer to the exercise of a step, and what is not.

    The answer is what the cells of this notebook have defined. check(46) says what
    `python -m steps try 46` says about a file.
    """
    from practice.inplace import verdict

    print("\n".join(verdict(number, sys.modules["__main__"])))
