"""Seeds and one thread for every test, so that results do not depend on the machine."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
