"""How much a committee sees of schools of several sizes: `python -m benchmarks.utility`.

schools   the declared school, larger or smaller, with its small zones merged by declaration
exact     simulated slices → the charter → bounded exact cells, once for each school
drawn     those cells through the gate, again and again, as no real school ever may
page      docs/utility.md, with the table of views ↔ tables
"""
