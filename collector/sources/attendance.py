"""Which interface is captured, and since when it is away. Pure: the kernel's word and the time come in.

The name that the administrator gave decides: if an interface bears it, that one is captured, even
if it was made anew or swapped. If none does any more, an interface that was only renamed is captured
on, by its number: the cable is the same, and measuring it is better than being deaf until somebody
edits a file. A restart looks for the name again.
"""

from collector.sources.rtnetlink import Link


class Attendance:
    """Remembers the interface, its outages and its renames."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.number = 0
        self.link: Link | None = None
        """The interface as last seen, even if it is gone now."""
        self.away = False
        self.outages = self.renames = 0
        self.from_us = self.to_us = 0
        self._called = name

    def see(self, by_name: Link | None, by_number: Link | None, now_us: int) -> int | None:
        """Take what the kernel says. Returns the number to bind to when it is another one.

        Args:
            by_name: who bears the configured name now.
            by_number: who bears the number that is captured now.
            now_us: microseconds since 1970.
        """
        link = by_name or by_number
        self.link = link or self.link
        changed = link is not None and link.number != self.number
        if changed and self.number and not self.away:
            self._leave(now_us)  # another interface took the name between two looks
        if link is None or not link.up:
            self._leave(now_us)
        else:
            self._return(now_us)
        if link is not None:
            if not changed and link.name != self._called and by_name is None:
                self.renames += 1
            self._called = link.name
        if changed and link is not None:
            self.number = link.number
            return link.number
        return None

    def _leave(self, now_us: int) -> None:
        if not self.away:
            self.away = True
            self.outages += 1
            self.from_us = self.from_us or now_us
        self.to_us = now_us

    def _return(self, now_us: int) -> None:
        if self.away:
            self.away = False
            self.to_us = now_us

    def lose(self, now_us: int) -> None:
        """The binding failed: nothing is captured until the next look binds again."""
        self.number = 0
        self._leave(now_us)

    def told(self, now_us: int) -> None:
        """The outage so far was passed on; what lasts begins again now."""
        self.from_us = self.to_us = now_us if self.away else 0
