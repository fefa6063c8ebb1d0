"""The `jauge` command."""
