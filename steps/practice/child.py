"""A process of its own, for what a reader has written: it may stop, or never end."""

import subprocess


def run(command, folder, limit, environment=None):
    """Run a command in a folder, and return its exit code and what it printed.

    Raises subprocess.TimeoutExpired after limit seconds.
    """
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=limit,
    )
