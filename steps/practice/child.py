"""A process of its own, for what a reader has written: it may stop, or never end."""

import os
import subprocess

from .clock import PATIENCE, STOPPED


def run(command, folder, limit, environment=None):
    """Run a command in a folder, and return its exit code and what it printed.

    Raises subprocess.TimeoutExpired where it has worked for limit seconds: it reads
    STEPS_LIMIT and calls limit_work. For one that cannot, there is a longer limit.
    """
    done = subprocess.run(
        command,
        cwd=folder,
        env={**(environment or os.environ), "STEPS_LIMIT": str(limit)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=PATIENCE * limit + 60,
    )
    if done.returncode == STOPPED or (
        done.returncode and "Timeout (" in done.stderr  # faulthandler stopped it
    ):
        raise subprocess.TimeoutExpired(command, limit, done.stdout, done.stderr)
    return done
