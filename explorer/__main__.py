"""`python -m explorer` is the same as `explorer`."""

import sys

from explorer.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
