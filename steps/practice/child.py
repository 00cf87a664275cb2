"""Run the reader's code in a process of its own: it may crash, or never end."""

import os
import subprocess

from .clock import PATIENCE, STOPPED


def run(command, folder, limit, environment=None):
    """Run a command in a folder, and return its exit code and what it printed.

    Raises subprocess.TimeoutExpired if the process has worked for limit seconds: it
    reads STEPS_LIMIT and calls limit_work. If it cannot, a longer limit ends it.
    """
    own = {
        "STEPS_LIMIT": str(limit),
        # Python would take old bytecode for a file that was changed within a second.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env={**(environment or os.environ), **own},
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
