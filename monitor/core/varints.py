"""Whole numbers as few bytes: seven bits each, the lowest first; a high bit says that more comes. Pure."""

from __future__ import annotations

from collections.abc import Iterable


class Damaged(ValueError):
    """Bytes that are not what was written: the text says how."""


def written(numbers: Iterable[int]) -> bytes:
    """Numbers from 0 on as bytes, one after the other."""
    out = bytearray()
    for number in numbers:
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        out.append(number)
    return bytes(out)


def zigzag(number: int) -> int:
    """A number with a sign as one without, small where it is near zero."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def unzigzag(number: int) -> int:
    """What `zigzag` was given."""
    return -(number + 1 >> 1) if number & 1 else number >> 1


class Numbers:
    """Reads numbers of 64 bits at most one after the other; Damaged where none is. `at` is the place."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def next(self) -> int:
        """The next number."""
        data, at = self._data, self.at
        number = shift = 0
        try:
            while (byte := data[at]) > 0x7F:
                number |= (byte & 0x7F) << shift
                at, shift = at + 1, shift + 7
        except IndexError:
            raise Damaged("it ends in the middle of a number") from None
        if shift > 63:
            raise Damaged("a number that is too long")
        self.at = at + 1
        return number | byte << shift

    def signed(self) -> int:
        """The next number, which was written with `zigzag`."""
        return unzigzag(self.next())

    def count(self) -> int:
        """How many things follow: each takes a byte at least."""
        number = self.next()
        if number > len(self._data) - self.at:
            raise Damaged("it ends before all that it announces")
        return number

    @property
    def left(self) -> int:
        """How many bytes come."""
        return len(self._data) - self.at
