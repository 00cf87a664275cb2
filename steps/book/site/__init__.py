"""The course as a static site: `python -m steps site`.

    build       writes all files
    lesson      the page of a step           chapters    chapters, glossary, first page
    api         the names of the package     notebook    the notebooks of the gallery
    course      everything in one file       frame       what is around each page
    markup      Markdown of ours as HTML     mathml      LaTeX of ours as MathML
    code        highlighted code, diffs      terms       links to the glossary

The texts come from book: prose, cells, diff, words, where and answers. Here they only
become HTML.
"""
