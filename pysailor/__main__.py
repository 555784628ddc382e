"""`python -m pysailor` is `pysailor`."""

import sys

from .cli import main

sys.exit(main())
