"""The timetables from which each kind of school starts: the usual hours, to be corrected. Pure data.

Only the whole is meant to be right at once: no overlap, at most twelve slots, because each slot of
the weekly table makes its figures less certain.
"""

from typing import Final

Row = tuple[str, str, str, str, str]
"""Name, period, days, from, to."""
WEEK: Final = "mon, tue, wed, thu, fri"
_FULL: Final = "mon, tue, thu, fri"

LYCEE: Final[tuple[Row, ...]] = (
    ("M1", "lesson", WEEK, "08:00", "08:55"),
    ("M2", "lesson", WEEK, "08:55", "09:50"),
    ("R1", "break", WEEK, "09:50", "10:05"),
    ("M3", "lesson", WEEK, "10:05", "11:00"),
    ("M4", "lesson", WEEK, "11:00", "11:55"),
    ("Midi", "meal", WEEK, "11:55", "13:25"),
    ("S1", "lesson", _FULL, "13:25", "14:20"),
    ("S2", "lesson", _FULL, "14:20", "15:15"),
    ("R2", "break", _FULL, "15:15", "15:40"),
    ("S3", "lesson", _FULL, "15:40", "16:35"),
    ("S4", "lesson", _FULL, "16:35", "17:30"),
)
COLLEGE: Final[tuple[Row, ...]] = LYCEE[:-1]
ECOLE: Final[tuple[Row, ...]] = (
    ("Matin 1", "lesson", _FULL, "08:30", "10:00"),
    ("R1", "break", _FULL, "10:00", "10:15"),
    ("Matin 2", "lesson", _FULL, "10:15", "11:45"),
    ("Midi", "meal", _FULL, "11:45", "13:30"),
    ("Soir 1", "lesson", _FULL, "13:30", "15:00"),
    ("R2", "break", _FULL, "15:00", "15:15"),
    ("Soir 2", "lesson", _FULL, "15:15", "16:30"),
)
EVENING: Final[Row] = ("Soir", "evening", "mon, tue, wed, thu", "18:00", "22:00")
"""Of a boarding school: lives on the boarders alone."""
OF_KIND: Final = {"lycee": LYCEE, "college": COLLEGE, "ecole": ECOLE}

FOLLOWED: Final = {
    "lycee": ("Pronote", "Pix", "Éléa", "Lumni", "Capytale", "GeoGebra", "Apps.education.fr"),
    "college": ("Pronote", "Pix", "Éléa", "Lumni", "GeoGebra", "Apps.education.fr"),
    "ecole": ("NEO / ONE", "Lumni", "La Digitale", "GCompris"),
}
"""Services that many schools of the kind follow: a start, all of them in the shipped catalogue."""
