from setuptools import setup

setup(
    name="dezero",
    version="0.0.13",
    packages=["dezero"],
    package_data={"dezero": ["py.typed"]},
    python_requires=">=3.10",
    install_requires=["numpy>=1.26,<3", "matplotlib", "graphviz", "pygraphviz>=2"],
    extras_require={"test": ["pytest"]},
)
