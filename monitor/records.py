"""What values are made of: the standard `dataclass`, quick to make where it is frozen and has slots.

Rule of this room: whoever uses a class made here cannot tell it from one of `dataclasses`, but by the time
it takes to make. The library writes, compiles and runs the text of six methods for each class; a command has
three hundred of them, and stood for a fifth of a second before it did anything. Comparing, hashing, printing
and holding still are here the same functions for every class, over the names of its fields, and `__init__`
alone has a text of its own. All else is the library's: fields, slots, `replace`, `fields`, `asdict`.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, fields
from dataclasses import dataclass as standard
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, **how):
        """As `dataclasses.dataclass`, with its words."""
        return _record if how == {"frozen": True, "slots": True} else standard(cls, **how)


def _record(cls: type[Any]) -> type[Any]:
    own = dict(vars(cls))
    if any(isinstance(each, Field) and not _usual(each) for each in own.values()):
        return standard(frozen=True, slots=True)(cls)
    made = standard(init=False, repr=False, eq=False, slots=True)(cls)
    for name, method in _methods(made).items():
        if own.get(name) is None:
            setattr(made, name, method)
    return made


def _usual(said: Field[Any]) -> bool:
    """Whether nothing is said of a field but its default, and whether it is compared and printed."""
    return said.init and said.hash is None and said.kw_only in (False, MISSING)


def _methods(cls: type[Any]) -> dict[str, Any]:
    compared = _values(each.name for each in fields(cls) if each.compare)
    every = _values(each.name for each in fields(cls))

    def equal(self: object, other: object) -> bool:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(compared(self))

    def reduced(self: object) -> tuple[object, ...]:
        return _again, (self.__class__, every(self))

    return {
        "__init__": _Init(cls),
        "__eq__": equal,
        "__hash__": hashed,
        "__reduce__": reduced,
        "__repr__": _printed,
        "__setattr__": _not_set,
        "__delattr__": _not_deleted,
    }


def _values(names: Iterable[str]) -> Callable[[object], Any]:
    """Of one of the class, the values of these fields: a tuple."""
    listed = tuple(names)
    if len(listed) > 1:
        return attrgetter(*listed)
    return lambda one: tuple(getattr(one, name) for name in listed)


class _Init:
    """The `__init__` of a class, written when it is first looked at: half of the classes are never used."""

    def __init__(self, cls: type[Any]) -> None:
        self.cls = cls

    def __get__(self, one: object, owner: type[Any]) -> Any:
        written = self.cls.__init__ = _init(self.cls)
        return written.__get__(one, owner)


def _init(cls: type[Any]) -> Callable[..., None]:
    """As the library's: by place or by name, a default made anew for each, and then `__post_init__`."""
    said, does, known = ["self"], [], dict[str, Any](MISSING=MISSING)
    for number, each in enumerate(fields(cls)):
        name, value = each.name, each.name
        known[f"_put{number}"] = getattr(cls, name).__set__
        if each.default_factory is not MISSING:
            known[f"_make{number}"] = each.default_factory
            value = f"_make{number}() if {name} is MISSING else {name}"
            said.append(f"{name}=MISSING")
        elif each.default is not MISSING:
            known[f"_else{number}"] = each.default
            said.append(f"{name}=_else{number}")
        else:
            said.append(name)
        does.append(f"_put{number}(self, {value})")
    if hasattr(cls, "__post_init__"):
        does.append("self.__post_init__()")
    text = f"def __init__({', '.join(said)}):\n  " + "\n  ".join(does or ["pass"])
    exec(text, known)  # noqa: S102  the names of a class's own fields
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"  # an error names whom it was not given
    return init


def _again(cls: type[Any], values: Iterable[object]) -> object:
    """One that was pickled or copied: as it was, whatever `__post_init__` would make of it."""
    one: object = object.__new__(cls)
    for each, value in zip(fields(cls), values, strict=True):
        object.__setattr__(one, each.name, value)
    return one


def _printed(self: Any) -> str:
    told = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{self.__class__.__qualname__}({told})"


def _not_set(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _not_deleted(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
