"""`python -m digits` is `digits`."""

import sys

from digits.cli import main

sys.exit(main())
