"""Not matplotlib: this says so if it is missing, as dezero.py does."""

import machine

machine.step_aside("matplotlib")
