"""How often verdicts are right, on simulated people whose activity is known: docs/accuracy.md.

Labels are what the simulated person does, never what the catalogue says. `traffic` draws the days,
`shapes` the seconds of each activity from published figures, `veils` what hides or spoils names,
`score` counts.
"""
