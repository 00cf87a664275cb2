"""The rules that keep text, steps and package one, as functions that read them.

Each check_... takes what it reads (lessons, package, runs, tables) and returns a
list of problems, sentences that say where and what to do; an empty list is a pass.
test_curriculum.py applies them to this repository, and to small made-up ones with
one mistake planted in each, so that every check is known to fail when it should.
The steps are read by steps/book, once: lessons = course().

    package    package = Package(PACKAGE)        the public names of dezero, their code
    canonical  two pieces of code made comparable, as text
    runs       runs = run_lessons(lessons, ...)  what each step prints, writes and calls
    tables     what the checks let pass, each entry with its reason

    output     a step prints what its Output: says
    markers    carried code is that of an earlier step
    same       new code is that of the package
    ledger     each public name is taught once, and used in no step before
    form       no step is empty or too long, none does anything when it is imported
    layout     the text is short, new code stands first, its place is named
    readme     README's table and example are right
"""
