"""The tests read as a specification; see tests/README.md for the folders."""
