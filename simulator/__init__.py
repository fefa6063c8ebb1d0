"""A simulated school: labelled flows and real packets, for the demo, tests, accuracy and sizing.

Labels come from a person's activity, never from the catalogue. Scapy builds templates here and
nowhere else (docs/adr/0002).
"""
