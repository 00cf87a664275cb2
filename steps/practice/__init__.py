"""What the reader does with a step: write it, check it, ask for a hint.

    places     where the reader's files are
    stubs      start: a step with its new code taken out
    judge      check: the step's tests, and its Output, on the reader's file
    plugin     what pytest tells judge while it runs those tests
    report     what the reader sees of it
    exercises  try: the exercise of a step in a file; compare judges it
    inplace    check(46): the same in the cell of a notebook
    child      a process of its own, for what the reader has written
    clock      what ends that process where it never ends by itself

It uses steps/book, the one reader of steps, and nothing but the standard library;
pytest runs in a process of its own.
"""
