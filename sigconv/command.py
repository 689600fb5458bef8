"""The command line's door, which Ctrl-C finds open while the rest is still being read in."""

import os
import sys

# Threads that wait for each other spin for a moment and then sleep, as on a busy machine those that spin on hold up
# those that work (measured: 20 times slower). libgomp, which torch brings, reads this once, when it is loaded.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def main() -> None:
    """Run the command line; Ctrl-C before it stands ends it as later: one line, exit code 130."""
    try:
        from sigconv.recipe.cli import main as command_line
    except KeyboardInterrupt:
        sys.stderr.write("sigconv: stopped; nothing was begun\n")
        sys.exit(130)
    command_line()
