"""A limit on work: stop code that never ends, however busy the machine is.

This runs in the process of the reader's code, so it uses only the standard library.
"""

import faulthandler
import os
import sys
import threading
import time

STOPPED = 124  # the exit code of a process that was stopped
PATIENCE = 10  # a process that waits, and hardly works, gets 10 times the limit


def limit_work(limit, file=None):
    """End this process when limit seconds have passed, and it has worked as long.

    On a busy machine, a second of work takes several seconds. And with many threads,
    one second holds several seconds of work. So both have to reach the limit: the time
    that has passed and the processor's time. Where each thread is at that moment is
    written to file, or to stderr. A process that waits, for a key or a lock, does not
    work; it is ended after PATIENCE times the limit.
    """
    file = file or sys.stderr
    begin = time.monotonic(), time.process_time()
    # for a single call that never ends and lets no other thread run
    faulthandler.dump_traceback_later(PATIENCE * limit + 30, file=file, exit=True)

    def watch():
        while not over(limit, begin):
            time.sleep(min(0.2, limit / 10))
        faulthandler.dump_traceback(file=file)
        said = f"stopped after {limit:g} s: is there a loop that never ends?\n"
        os.write(2, said.encode())
        os._exit(STOPPED)

    threading.Thread(target=watch, daemon=True).start()


def over(limit, begin):
    """Say whether the limit is reached; begin has the two clocks' first readings."""
    passed, worked = time.monotonic() - begin[0], time.process_time() - begin[1]
    return passed > limit and (worked > limit or passed > PATIENCE * limit)
