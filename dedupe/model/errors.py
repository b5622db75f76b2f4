"""The errors of this package, with messages that a user can act on.

Every error that a user may meet derives from :class:`DedupeError`; only ``cli`` turns one into
a message and an exit code.
"""

from __future__ import annotations


class DedupeError(Exception):
    """Base of all errors of this package. Its text says what happened, where, and what to do."""


class ConfigError(DedupeError, ValueError):
    """A setting is unknown, of the wrong type or outside its range."""


class InputError(DedupeError):
    """The input as a whole cannot be used: a path is missing, or nothing could be read."""


class KernelsError(DedupeError):
    """The chosen kernels are not available, or a check of their results found a fault."""


class ReportError(DedupeError):
    """A saved report cannot be read: not JSON, not a report, or of a newer version."""


class WorkFolderError(DedupeError):
    """The work folder cannot be written in or read: no permission, no space left."""


class BaselineError(DedupeError):
    """A baseline cannot be used: missing, damaged, of a newer version or of other settings."""


class ApplyError(DedupeError):
    """A report cannot be applied; where files were changed before, the message says which."""


class EngineError(DedupeError):
    """The engine cannot run: a package or Java is missing, or a cluster failed."""
