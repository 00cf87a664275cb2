"""What `pip install .` needs to know. The tools are set up in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent


def read(name):
    return (HERE / name).read_text(encoding="utf-8")


def version():
    """Read the version as text: importing dezero would need NumPy first."""
    source = read("dezero/__init__.py")
    return re.search(r'^__version__ = "(.+)"$', source, re.MULTILINE).group(1)


setup(
    name="dezero",
    version=version(),
    description="A deep learning framework in small steps, each a program you can run",
    long_description=read("README.md"),
    long_description_content_type="text/markdown",
    license="MIT",
    classifiers=[
        "Intended Audience :: Education",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
    packages=find_packages(include=["dezero", "dezero.*"]),
    package_data={"dezero": ["py.typed"]},
    python_requires=">=3.10",
    install_requires=[
        "numpy>=1.26,<3",
        "matplotlib",  # and with it Pillow
        "graphviz",
        "pygraphviz>=2",  # its wheels carry the Graphviz engine
        "tqdm",
    ],
    extras_require={
        "test": ["pytest>=8", "nbclient", "nbformat", "ipykernel"],
        "notebooks": ["jupyterlab", "nbclient", "nbformat", "ipykernel"],
        "gpu": ["cupy-cuda12x"],
    },
    zip_safe=False,
)
