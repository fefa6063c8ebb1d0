"""Why the gate refused. Messages carry names, periods and reasons, never a count."""


class ReleaseRefused(Exception):
    """The gate will not release this. Nothing was drawn."""


class PeriodOpen(ReleaseRefused):
    """The period is not over yet."""


class CellsRefused(ReleaseRefused):
    """The exact cells are not those of the table, or no bounded device-days can add up to them."""


class AlreadyReleased(ReleaseRefused):
    """The ledger holds a charge for this table on some of these days; it is never drawn again."""


class OverBudget(ReleaseRefused):
    """A device-day would weigh more than the total that the settings allow."""


class LedgerDamaged(ReleaseRefused):
    """The ledger cannot be trusted, so nothing is released until it is restored."""
