"""Run a command and write its time and memory to a file, as JSON.

    python -I -S launch.py USAGE.json COMMAND...

On Linux a process counts the peak memory of its parent as its own. Therefore a benchmark, which
holds reports in memory, must not start the measured command itself. This script is small.
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
        # macOS counts in bytes, other systems in KiB.
        "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    with open(path, "w") as file:
        json.dump(used, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
