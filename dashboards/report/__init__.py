"""The meeting report: one term on four to six sheets, as a page and as a tagged PDF.

    material   what a report is made of: the stored releases of one term, nothing else
    findings   five sentences of at most 25 words, made by rules
    curve      the duration curve of the line, from the stored histograms
    drawing    the figures for paper: black, white and patterns, 11 points at least
    sections   what each part of the report says; every number as on the screen
    document   the HTML of both forms       pdf  WeasyPrint, without network

Everything but `pdf` is pure. Numbers come from the functions of the pages, so that paper and screen
never differ. A withheld cell stays withheld.
"""
