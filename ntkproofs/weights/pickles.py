"""Pickles are refused unopened, since unpickling runs code of the file; the message says how to convert them."""

from __future__ import annotations

import os
import shlex

from ntkproofs.errors import InputError
from ntkproofs.weights.stored import refused

__all__ = ["PICKLES", "pickled"]

_TORCH = (
    "import torch; from safetensors.torch import save_file; save_file({{name: tensor.contiguous() for name, tensor in "
    "torch.load({source!r}, map_location='cpu', weights_only=True).items()}}, {target!r})"
)
_PICKLE = "import pickle, numpy; numpy.savez({target!r}, **pickle.load(open({source!r}, 'rb')))"
_ARRAY = "import numpy; numpy.savez({target!r}, **numpy.load({source!r}, allow_pickle=True).item())"
PICKLES = {
    **dict.fromkeys((".pt", ".pth", ".bin", ".ckpt"), (_TORCH, ".safetensors", "a state_dict of PyTorch")),
    **dict.fromkeys((".pkl", ".pickle"), (_PICKLE, ".npz", "a dict of arrays")),
    ".npy": (_ARRAY, ".npz", "a dict of arrays"),
}  # by suffix: the lines that convert it, the suffix of the result, and what is expected in it


def pickled(path: str, suffix: str) -> InputError:
    """Return the error that refuses a pickle, with the command that converts it.

    >>> print(pickled("a.pkl", ".pkl"))
    a.pkl: pickles are not opened, since they can run any code. If you trust the file and it holds a dict of arrays, \
convert it: python -c "import pickle, numpy; numpy.savez('a.npz', **pickle.load(open('a.pkl', 'rb')))"
    """
    code, target, content = PICKLES[suffix]
    line = code.format(source=path, target=os.path.splitext(path)[0] + target)
    command = f'"{line}"' if not set('"\\$`!') & set(line) else shlex.quote(line)
    return refused(
        path,
        f"pickles are not opened, since they can run any code. If you trust the file and it holds {content}, convert "
        f"it: python -c {command}",
    )
