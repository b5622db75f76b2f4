"""Whether a scan of some paths reads a certain file, such as one that a command is to write.

These files are always on the local disk.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dedupe.model.settings import ReadSettings
from dedupe.sources.discovery.finder import find_sources
from dedupe.sources.discovery.left_out import LeftOutFiles
from dedupe.sources.discovery.own_files import is_output
from dedupe.sources.discovery.patterns import PatternSet
from dedupe.sources.files.names import is_hidden_name, readable_id
from dedupe.sources.files.source import STANDARD_INPUT
from dedupe.sources.unpack.archive_kinds import archive_of_name


def reads_file(file: str | os.PathLike[str], paths: Sequence[str], settings: ReadSettings) -> bool:
    """Whether a scan of these paths reads this file, under any of its names.

    A scan does not read outputs of the program. But an output that is itself one of the paths
    counts as read, because the user has made a mistake then.
    """
    real_file = os.path.realpath(file)
    near = [path for path in paths if path != STANDARD_INPUT and _leads_to(path, real_file)]
    if not near:
        return False
    if is_output(real_file) and real_file not in map(os.path.realpath, near):
        return False
    return any(
        os.path.realpath(each.path) == real_file for each in find_sources(near, settings).sources
    )


def id_in_scan(
    file: str, paths: Sequence[str], settings: ReadSettings, has_several: bool
) -> str | None:
    """The id that a file would have in a scan of these paths; the file need not exist.

    :param has_several: whether more than one path is scanned
    :returns: ``None`` where no path leads to it, or it is hidden or left out by patterns
    """
    exclude, glob = PatternSet(settings.exclude), PatternSet(settings.glob)
    real_file = os.path.join(os.path.realpath(os.path.dirname(file)), os.path.basename(file))
    for path in paths:
        if path == STANDARD_INPUT or not _leads_to(path, real_file):
            continue
        real_path = os.path.realpath(path)
        if real_file == real_path:
            return readable_id(path)
        below = os.path.relpath(real_file, real_path)
        name = readable_id(below)
        is_wanted = not glob or glob.matches_file(name) or bool(archive_of_name(name))
        is_left_out = any(map(is_hidden_name, below.split(os.sep))) or exclude.matches_file(name)
        is_left_out |= LeftOutFiles(settings).take(os.path.basename(below))
        if is_wanted and not is_left_out:
            return readable_id(os.path.join(path if has_several else "", below))
    return None


def _leads_to(path: str, real_file: str) -> bool:
    """Whether a path is the file, or a folder that it is in."""
    real_path = os.path.realpath(path)
    return real_file == real_path or real_file.startswith(os.path.join(real_path, ""))
