"""`python -m service.cli`: the same as the command `slipway`."""

import sys

from service.cli.main import main

sys.exit(main())
