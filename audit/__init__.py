"""The attack suite: what a hostile reader would try, measured; and proof that each attempt can succeed.

attack     what an attack, a mutant and a figure are        alter     how a mutant changes the real code
statistics laws and intervals, without SciPy                slices    hostile slices, from a seed
ground     the simulated school, its truth, the live store   attacks/  one file per attack or family
suite      runs everything in processes of its own           report    JSON and HTML, sealed

An attack that cannot fail proves nothing. So each attack also runs against mutants: the same code with
one protection taken out, in a child process, never by a switch in the product. A mutant that survives
makes the whole report red, however green the rest is.

May import analyzer, collector, simulator, api; only `cli` imports this room.
"""
