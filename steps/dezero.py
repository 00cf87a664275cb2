"""Not the package, which is ../dezero: this says so if it is missing.

`python steps/step30.py` looks into this folder before anywhere else. So
`import dezero` comes here first. This file steps aside for the package;
if there is none, or another one of that name, it says what to type.
"""

import machine

machine.step_aside("dezero")
