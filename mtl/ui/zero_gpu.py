"""ZeroGPU: hardware of Hugging Face Spaces that lends a GPU for the time of one call.

It starts an app only where a function is declared that borrows one. The page makes no other use of it: a call
waits for its turn, forks this process and starts CUDA anew, which takes seconds, where an answer on the CPU
takes milliseconds; and the process that trains is lent nothing.
"""

from importlib.util import find_spec

import torch


def declare() -> bool:
    """Declares the function, before the page is launched; whether the library of the platform is here."""
    if find_spec("spaces") is None:
        return False
    import spaces

    spaces.GPU(lent_gpu)
    return True


def lent_gpu() -> str:
    """The name of the GPU that is lent, "" where none is."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""
