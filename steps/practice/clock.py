"""A limit on work: what never ends is stopped, however busy the machine is.

It runs in the process of a reader's code, so it needs the standard library only.
"""

import faulthandler
import os
import sys
import threading
import time

STOPPED = 124  # what such a process returns
PATIENCE = 10  # so many limits may pass where a process hardly works: it may be waiting


def limit_work(limit, file=None):
    """End this process when limit seconds have passed, and it has worked as long.

    On a machine with other things to do a second of work takes several. And with many
    threads a second has several seconds of work. So both have to reach the limit: the
    clock on the wall and the processor's time. Where each thread stood then is
    written to file, or to stderr. A process that waits, for a key or a lock, does not
    work; it is ended after PATIENCE times the limit.
    """
    file = file or sys.stderr
    begin = time.monotonic(), time.process_time()
    # for one call that never ends, within which no other thread gets its turn
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
    """Say whether the limit is reached; begin is what the two clocks said at first."""
    passed, worked = time.monotonic() - begin[0], time.process_time() - begin[1]
    return passed > limit and (worked > limit or passed > PATIENCE * limit)
