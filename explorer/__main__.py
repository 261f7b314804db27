"""`python -m explorer` is the same as `explorer`."""

import sys


def main() -> int:
    """Runs a command, as `explorer.cli.main` does; Ctrl-C ends the loading of that quietly too."""
    try:
        from explorer.cli.main import main as command

        return command()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
