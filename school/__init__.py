"""What the school declares: zones, lines, calendar, charter, catalogue. Models, loaders, look-ups.

No verdicts here (those are the analyzer's) and no traffic. Loaders report every problem of every
file at once, with file, line and column.
"""
