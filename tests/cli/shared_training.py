"""`python -m mtl` in fp32, for tests that compare numbers: bfloat16 depends on which texts share a batch.

Where DIE_AT names a step of a moving encoder, process 1 gets a kill -9 before it has computed it.
"""

import os
import signal
import sys

import torch

from mtl.cli.main import main
from mtl.training.shared_fit import SharedFit


def _die_at(last: int) -> None:
    backward, steps = SharedFit._backward, 0

    def dying(self, batch):
        nonlocal steps
        steps += bool(self.stage.blocks)
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return backward(self, batch)

    SharedFit._backward = dying


if __name__ == "__main__":
    torch.cpu._is_amx_tile_supported = torch.cpu._is_avx512_bf16_supported = lambda: False
    if os.environ.get("RANK") == "1" and "DIE_AT" in os.environ:
        _die_at(int(os.environ["DIE_AT"]))
    sys.exit(main(sys.argv[1:]))
