"""Documents for the DPO, the school's people and the regulator, generated from what is enforced.

    processing.py  what the measurement is, as words and numbers: school, settings, schema   reads
    wording.py     texts/*.yaml, filled in; nothing of a document is typed by hand twice
    register.py    the entry of the register (GDPR article 30)
    dpia.py        the impact assessment, in the form that CNIL's PIA tool imports
    notices.py     for adults and for pupils
    breach.py      what an attacker would get of this store today, and what to do in 72 hours
    logbook.py     the audit log's entries, or that it cannot be trusted
    chances.py     the budget in words: epsilon, and chances of guessing right
    erasure.py     what is kept, erased with proof, late: one reading for all of them
    journal.py     change log, keys, deletions, budget: from the audit log and the ledger
    settings.py    the settings beside their profile

Must not hold: anything from a slice (no rows are read), a count of one day's slices (on an empty day
the count of all is the count of one), a person's name.
"""
