"""Logs of name servers and proxies, to name the flows of sources that have no names.

House rules of this folder:
- Only `follow.py` does I/O. A line's parser has three outcomes: a value, `PASSED` (a line about something
  else), or `Rejected` with a reason. No exception leaves a parser, whatever the bytes are.
- A full name is reduced to its site in the call that reads its line, and dropped. Where two lines must
  be joined by name (unbound), a keyed hash stands for it.
- A log names only flows of the machine that asked; what two answers could explain stays unnamed.
- User names, URLs and user agents of a line are never looked at.

From file to name: `follow` (lines) → `dnsmasq`, `unbound`, `squid`, `e2guardian` (what a line says)
→ `names` (who asked for what, until when) → `reader` (the files of one run, and their counts).
"""
