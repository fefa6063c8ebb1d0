"""From stored slices to releases and documents."""
