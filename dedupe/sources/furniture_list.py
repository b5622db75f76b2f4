"""The list of furniture that a user saved and edited: passages, with a blank line between two."""

from __future__ import annotations

from dedupe.model.errors import ConfigError
from dedupe.model.output_marks import TEXT_MARK
from dedupe.sources.encoding.text_encoding import without_mark


def read_furniture_list(path: str) -> list[str]:
    """The passages of a list, in order; lines that begin with ``#`` are left out.

    :raises ConfigError: if the file cannot be read, or is not UTF-8
    """
    try:
        with open(path, "rb") as file:
            lines = without_mark(file.read()).decode().splitlines()
    except OSError as error:
        raise ConfigError(f"furniture_list: {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"furniture_list: {path} is not UTF-8") from error
    left_out = (TEXT_MARK.strip(), "#")
    text = "\n".join(line for line in lines if not line.startswith(left_out))
    return [passage for part in text.split("\n\n") if (passage := part.strip())]
