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
    author="the dezero authors",
    # project_urls: as soon as there is an address. The package of the same name on
    # PyPI is another one.
    license="MIT",
    license_files=["LICENSE"],
    classifiers=[  # the licence is no classifier any more (PEP 639)
        "Development Status :: 5 - Production/Stable",
        "Intended Audience :: Education",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Topic :: Education",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Mathematics",
        "Typing :: Typed",
    ],
    keywords="deep learning, automatic differentiation, education, neural networks",
    # Said in full, an editable install puts this folder on sys.path. Otherwise it adds
    # a finder, and beside a clone Python would take the clone itself for the package.
    package_dir={"": "."},
    packages=find_packages(include=["dezero", "dezero.*"]),
    package_data={
        "dezero": ["py.typed", "player/*.css", "player/*.js", "datasets/*.txt"]
    },
    python_requires=">=3.11",
    install_requires=[
        "numpy>=1.26,<3",
        "matplotlib",  # and with it Pillow
        "graphviz",
        "pygraphviz>=2",  # its wheels carry the Graphviz engine
        "tqdm",
    ],
    extras_require={
        "test": ["pytest>=8", "pytest-xdist", "nbclient", "nbformat", "ipykernel"],
        "dev": ["ruff==0.17.*", "mypy"],
        "notebooks": ["jupyterlab", "nbclient", "nbformat", "ipykernel"],
        "site": ["pygments"],
        "gpu": ["cupy-cuda12x"],
    },
    zip_safe=False,
)
