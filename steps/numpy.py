"""Not NumPy: this says where NumPy is missing, as dezero.py does.

Do not name a file of your own like a package that you import: Python
would find your file instead. This one knows how to step aside.
"""

import machine

machine.step_aside("numpy")
