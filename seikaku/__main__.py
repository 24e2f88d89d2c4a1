"""`python -m seikaku` is the `seikaku` command."""

from seikaku.cli.main import main

main()
