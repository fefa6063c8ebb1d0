"""What an engine that cannot be used raises."""


class EngineRefused(Exception):
    """The engine cannot be used, or gave up. Says which, why and what to do; never a value of a row."""
