"""The collector on captures of other projects, when they are there."""
