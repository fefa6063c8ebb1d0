"""The collector: parsers, meter, names, placement, accounting."""
