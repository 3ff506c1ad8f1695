"""Types of arrays, for those as well who must not wait for torch to be loaded."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
