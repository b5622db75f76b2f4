"""Run a command and write what it used to a file, as JSON.

    python -I -S launch.py USAGE.json COMMAND...

A process counts the largest memory of the one that started it as its own (Linux), so that no
benchmark that holds reports may start what it measures. This one is small.
"""

import json
import os
import sys
import time


def main() -> int:
    path, *command = sys.argv[1:]
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"{command[0]} cannot be started: {error.strerror}", file=sys.stderr, flush=True)
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    used = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "wall_seconds": time.perf_counter() - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        # macOS counts in bytes, the others in KiB.
        "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    with open(path, "w") as file:
        json.dump(used, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
