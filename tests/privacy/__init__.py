"""The privacy layer, as sentences of its specification."""
