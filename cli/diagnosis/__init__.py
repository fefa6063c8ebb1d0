"""`jauge doctor`: facts are gathered by thin I/O (`gather_*`), judged by pure checks (`checks_*`).

A fact that could not be learnt is None, and its checks say that they were skipped and why: a check that
did not look never counts as passed. No fact holds an address, a name or a MAC: counts only.
"""
