"""From flow slices to releases: classification, link state, exact cells, the gate, sealed documents.

Reads what the collector wrote, through files only, and writes the public directory. Exact numbers
never leave `private/`; what is published went through `privacy.gate`.
"""
