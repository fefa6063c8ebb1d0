"""Slow, readable twins: what the fast code must agree with."""
