"""Does a test fail when the gate is wrong? `python -m tests.mutation` (docs/mutation.md).

operators  one small change of the source at a time, as syntax trees
run        for each change, the tests that pass over its line, in a process of its own
survivors  the changes that no test has to notice, each with the reason

Our own because mutmut 3.8 changes function bodies only, and leaves functions with a decorator alone:
the gate's public constants, the bounds of its settings, its properties, its validators and its lock
would not be tried, and these are where its rules stand.
"""
