"""A player of backward: what the engine did, frame by frame, as one HTML file.

dezero.graph.play(y)    the way in; nothing here is for users

watch   the engine's own backward, watched: trace(y, run)
frames  what was noticed, written down
graph   what is played, and what it is called
values  numbers and formulas as text
tell    the sentences
draw    the picture
page    the HTML: save(traces, title, file)
"""
