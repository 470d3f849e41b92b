import os
import sys
from pathlib import Path

# tensors of the tests are small, and workers of pytest-xdist share the cores: with more threads than one
# each, they wait ten times longer than they work
os.environ.setdefault("OMP_NUM_THREADS", "1")
# much is tested to be equal to the bit, and GPUs add up in an order of their own; name one here to test on it
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
sys.path.insert(0, str(Path(__file__).parent))
