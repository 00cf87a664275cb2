"""The player of the backward pass: what the engine did, frame by frame, as a page.

Users call dezero.graph.play(y); the functions here are its parts.

watch   runs the engine's own backward and watches it: trace(y, run)
frames  the record of what watch has noticed
graph   the Functions and Variables that are shown, and their names
values  numbers and formulas as text
tell    the sentences
draw    the picture
page    the HTML file: save(traces, title, file)
"""
