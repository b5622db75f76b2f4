"""``python -m dedupe``."""

from dedupe.cli import run

if __name__ == "__run__":
    run()
