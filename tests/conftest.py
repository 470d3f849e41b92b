import os
import sys
from pathlib import Path

# tensors of the tests are small, and workers of pytest-xdist share the cores: with more threads than one
# each, they wait ten times longer than they work
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))
