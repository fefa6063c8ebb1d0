"""The bottom layer: what may be stored, how it is reduced, how long it lives, what may be published.

Nothing here imports another part of Jauge. Everything here is pure: time, keys and randomness are
arguments; the few modules that touch files say so in their first line.
"""
