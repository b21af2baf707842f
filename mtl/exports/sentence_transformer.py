"""The encoder of a model as a folder that sentence-transformers reads, in any version from 2 on."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import safetensors.torch
from torch import Tensor

from mtl.analysis.sentence_pairs import read_pairs, spearman_of
from mtl.data.bundled import PARAPHRASES
from mtl.exports.agreement import Agreement, Answers, accepted, answers_of, compare_answers
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.model.pretrained import encoder_folder, load_encoder
from mtl.model.tensors import save_tensors

_WEIGHTS: Final = "model.safetensors"
# Of the encoder's own folder, what decides what it computes; its README is about another encoder.
_COPIED: Final = ("*.json", "vocab.txt", "*.model")
_LEFT_OUT: Final = ("data_config.json",)
_NORMALIZE: Final = "sentence_transformers.models.Normalize"

_CARD: Final = """---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
tags: [sentence-transformers, sentence-similarity]
---

# A sentence encoder from Sentence Lab

{what}
{similarity}
{agreement}

```python
from sentence_transformers import SentenceTransformer

encoder = SentenceTransformer("path/to/this/folder")
print(encoder.encode(["What a lovely day!"]).shape)
```
"""


def needed_bytes(model: MultiTaskModel) -> int:
    """About how much is written."""
    return sum(int(tensor.nbytes) for tensor in model.encoder.state_dict().values()) + 2**21


def check(model: MultiTaskModel) -> None:
    """Raises ValueError where the encoder's own files are not at hand."""
    encoder_folder(model.encoder.name)


def write(model: MultiTaskModel, folder: Path, texts: Sequence[str]) -> dict[str, Agreement]:
    """Writes the folder, and compares the vectors that sentence-transformers makes with it."""
    source = encoder_folder(model.encoder.name)
    for pattern in _COPIED:
        for file in source.glob(pattern):
            if file.name not in _LEFT_OUT:
                shutil.copyfile(file, folder / file.name)
    _write_modules(source, folder)
    tensors = safetensors.torch.load_file(source / _WEIGHTS)
    save_tensors(_moved(tensors, model.encoder), folder / _WEIGHTS, {"format": "pt"})
    found = accepted("the SentenceTransformer", _compare(model, folder, texts))
    (folder / "README.md").write_text(_card(model.encoder, found), "utf-8")
    return {folder.name: found}


def _write_modules(source: Path, folder: Path) -> None:
    modules: list[dict[str, Any]] = json.loads((source / "modules.json").read_text("utf-8"))
    for module in modules:
        if module["path"] and (source / module["path"]).is_dir():
            shutil.copytree(source / module["path"], folder / module["path"], dirs_exist_ok=True)
    # Here every embedding has unit norm, whatever the encoder's own folder says.
    if not any(module["type"].endswith("Normalize") for module in modules):
        number = len(modules)
        path = f"{number}_Normalize"
        modules.append({"idx": number, "name": str(number), "path": path, "type": _NORMALIZE})
        (folder / path).mkdir()
    (folder / "modules.json").write_text(json.dumps(modules, indent=2) + "\n", "utf-8")


def _moved(tensors: dict[str, Tensor], encoder: Encoder) -> dict[str, Tensor]:
    """The tensors of the encoder's file with this encoder's values; what it has not (a pooler) stays."""
    own = {
        **{f"embeddings.{n}": t for n, t in encoder.embeddings.state_dict().items()},
        **{f"encoder.layer.{n}": t for n, t in encoder.layers.state_dict().items()},
    }
    moved = {}
    for name, tensor in tensors.items():
        # Some files put the architecture's name first: "bert.embeddings...".
        value = own.pop(name, None)
        value = own.pop(name.partition(".")[2], None) if value is None else value
        moved[name] = tensor if value is None else value.contiguous()
    if weights := [name for name in own if not name.endswith(("position_ids", "token_type_ids"))]:
        raise ValueError(f"the encoder's {_WEIGHTS} has no place for {weights[0]!r}: it cannot be exported")
    return moved


def _compare(model: MultiTaskModel, folder: Path, texts: Sequence[str]) -> Agreement:
    from sentence_transformers import SentenceTransformer

    reader = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    embeddings = reader.encode(list(texts), show_progress_bar=False)
    return compare_answers(answers_of(model, texts), Answers(probabilities={}, embeddings=embeddings))


def _card(encoder: Encoder, agreement: Agreement) -> str:
    blocks = ["word embeddings" if block == 0 else f"layer {block}" for block in encoder.changed]
    moved = f"{', '.join(blocks)} moved in training" if blocks else "nothing in it moved in training"
    # A folder of this machine is nothing to others: its last part has to do.
    name = Path(encoder.name).name if Path(encoder.name).is_dir() else encoder.name
    form = f"{encoder.dimension} dimensions, unit norm, up to {encoder.max_length} tokens"
    return _CARD.format(
        what=f"Made from `{name}`; {moved}. {form}.",
        similarity=_similarity(encoder),
        agreement=f"Compared with the model that it comes from {agreement}.",
    )


def _similarity(encoder: Encoder) -> str:
    if not encoder.changed or not PARAPHRASES.is_file():
        return ""
    pairs = read_pairs(PARAPHRASES)
    was, now = (spearman_of(one, pairs) for one in (load_encoder(encoder.name), encoder))
    suffered = "General similarity suffered" if now < was - 0.02 else "General similarity stayed"
    return (
        f"{suffered}: Spearman's correlation with people's scores of {len(pairs)} pairs is {now:.2f}, "
        f"before training it was {was:.2f}."
    )
