"""The model that Predict starts with."""

from pathlib import Path
from typing import Final

from mtl.data.bundled import default_files, has_bundled_sentences
from mtl.model.checkpoint import load_model
from mtl.model.encoder import Encoder
from mtl.model.files import model_facts
from mtl.model.multitask import MultiTaskModel
from mtl.model.pretrained import load_encoder
from mtl.training.train import train

DEFAULT_MODEL: Final = Path(__file__).parents[1] / "default_model"


def load_default(encoder: Encoder | None = None) -> MultiTaskModel:
    """The model that comes with the project, trained from its own sentences.

    For another encoder than all-MiniLM-L6-v2 it is trained anew, which takes seconds. Raises ValueError
    where the sentences are missing.
    """
    encoder = encoder or load_encoder()
    if encoder.fingerprint == model_facts(DEFAULT_MODEL)["encoder"]["sha256"]:
        return load_model(DEFAULT_MODEL, encoder)
    if not has_bundled_sentences():
        raise ValueError(
            f"there is no default model for the encoder {encoder.name}, and the sentences to train one from "
            f"do not come with the installed package: run this in the project's own folder"
        )
    return train(default_files(), encoder=encoder, freeze="heads")
