"""What the reader does with a step: write it, check it, ask for a hint.

    places     where the reader's files are
    stubs      start: a step with its new code taken out
    judge      check: the step's tests, and its Output, on the reader's file
    plugin     what pytest reports to judge while it runs those tests
    report     what the reader sees after a check
    exercises  try: the exercise of a step in a file; compare judges it
    inplace    check(46): the same in the cell of a notebook
    child      a process of its own, for the reader's code
    clock      ends that process if it never ends by itself

Apart from steps/book, which reads the steps, it uses only the standard library; pytest
runs in a process of its own.
"""
