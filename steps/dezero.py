"""Not the package, which is ../dezero: this says where that is missing.

`python steps/step30.py` looks into this folder before anywhere else. So
`import dezero` comes here first; this steps aside for the package, or
says what to type where there is none, or another one of that name.
"""

import machine

machine.step_aside("dezero")
