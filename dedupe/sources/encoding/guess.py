"""A guess of an encoding, and what to say of it where it is doubtful."""

from __future__ import annotations

from typing import NamedTuple


class Guess(NamedTuple):
    """An encoding that bytes may be in.

    :param encoding: the likeliest; empty where none is likely
    :param rivals: others that may be meant, and read other letters, the likeliest first
    :param is_doubtful: whether the first of the rivals is about as likely
    :param alike: others that read the same letters
    """

    encoding: str
    rivals: tuple[str, ...] = ()
    is_doubtful: bool = False
    alike: tuple[str, ...] = ()


NO_GUESS = Guess("")


def describe_doubt(guess: Guess, taken: str = "") -> str:
    """A message that says which encoding was taken, and which other may be meant.

    :param taken: the encoding that was taken, if it is not the likeliest
    """
    taken = taken or guess.encoding
    other = next(name for name in (guess.encoding, *guess.rivals) if name != taken)
    return f"it was read as {taken}, but may be in {other}; --encoding NAME decides"


def describe_misdeclared(declared: str, encoding: str) -> str:
    """A message that a document or file is not in the encoding that it declares."""
    return f"it declares {declared}, but its bytes are {encoding}; --encoding NAME decides"
