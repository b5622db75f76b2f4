"""The floor: parse every line with msgspec, two fields, and do nothing with them."""

from __future__ import annotations

import sys

import msgspec


class Record(msgspec.Struct):
    """What a scan needs of a record."""

    id: str
    text: str


def main() -> None:
    decode = msgspec.json.Decoder(Record).decode
    with open(sys.argv[1], "rb") as lines:
        for line in lines:
            decode(line)


if __name__ == "__main__":
    main()
