"""python -m sigconv: the command line."""

from sigconv.command import main

main()
