"""Figures, pages and texts. Pure functions of releases and sealed documents; no I/O but templates.

A withheld value is drawn as withheld, never as zero; each figure has its table.
"""
