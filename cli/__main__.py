"""`python -m cli` is `jauge`."""

from cli.main import run

run()
