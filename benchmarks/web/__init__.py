"""Measurements of the web service under load: a year of releases, the real command, one core."""
