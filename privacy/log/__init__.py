"""The audit log: what was done to data, keys and settings, in an order that nobody can change unseen.

    entries.py   which facts an entry may hold                                       pure
    merkle.py    the tree over the entries (RFC 9162 section 2.1)                    pure
    record.py    one line: entry, root of the tree so far, signature; and the check  pure
    file.py      appending and reading, one writer at a time                         I/O

Every line carries the root of the tree of all entries up to its own, signed: who changes, drops,
inserts or reorders one has to sign every later line anew. What the log alone cannot show is that its
end was cut off or that it was written anew by who holds the key: somebody outside must keep a root.
"""
