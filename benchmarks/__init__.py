"""Measurements that anybody can repeat; figures in docs come from here."""
