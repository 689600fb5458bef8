"""The command line's door, which Ctrl-C finds open while the rest is still being read in."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C before it stands ends it as later: one line, exit code 130."""
    try:
        from sigconv.recipe.cli import main as command_line
    except KeyboardInterrupt:
        sys.stderr.write("sigconv: stopped; nothing was begun\n")
        sys.exit(130)
    command_line()
