"""How a mutant changes the real code: a name of a module or class means something else for a while.

Only ever in a child process of the suite (`suite.py` sees to it). The product has no switch for any
of this: what is replaced is looked up by the same name that the product itself uses.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from analyzer import views
from audit.attack import Mutant


class NothingToAlter(Exception):
    """The product no longer has what the mutant breaks: the mutant would prove nothing."""


@contextmanager
def replaced(*places: tuple[Any, str, Any]) -> Iterator[None]:
    """Replace names of modules or classes.

    Args:
        places: (module or class, name, replacement).

    Raises:
        NothingToAlter: there is no such name.
    """
    with ExitStack() as stack:
        for owner, name, replacement in places:
            if name not in vars(owner):
                raise NothingToAlter(f"{owner.__name__}.{name}")
            stack.callback(setattr, owner, name, vars(owner)[name])
            setattr(owner, name, replacement)
        views.forget()  # made by the code as it was before
        stack.callback(views.forget)
        yield


def mutant(
    name: str, *places: tuple[Any, str, Any], measure: Any = None, long_only: bool = False
) -> Mutant:
    """Return a mutant that replaces names."""
    return Mutant(name, lambda: replaced(*places), measure, long_only)
