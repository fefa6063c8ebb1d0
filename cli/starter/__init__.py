"""How a school begins: what the machine has (`network`), what was answered (`answers`), the files (`files`).

`network.read` does I/O (it runs `ip`); everything else here is pure. `cli/init.py` asks and writes.
"""
