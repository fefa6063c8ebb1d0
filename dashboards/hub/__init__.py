"""The hub's pages: how many schools spread per 100 workstations, and what one school sent. Pure.

They get numbers that `hub` took out of verified releases; a school's name is here only where it agreed.
"""
