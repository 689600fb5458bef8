"""python -m sigconv: the command line."""

from sigconv.recipe.cli import main

main()
