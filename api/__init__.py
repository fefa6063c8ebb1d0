"""The web application: stored releases and sealed documents, as pages, JSON and CSV.

It reaches neither the school's files nor flow records nor the gate: whatever it shows was sealed
by the analyzer before.
"""
