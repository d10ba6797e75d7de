"""The rule without a sandbox: `python3 -m unittest`."""

import sys
from pathlib import Path

for folder in ("src", "vendor", "vendor/bindings"):
    sys.path.insert(0, str(Path(__file__).parent.parent / folder))
