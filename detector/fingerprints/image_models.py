"""Which image model an installation uses."""

from detector.fingerprints.chosen_images import ChosenImageModel
from detector.fingerprints.copydet import ImageEmbedder
from detector.fingerprints.image_model import ImageModel


def image_model(chosen: str, device: str) -> ImageModel:
    """The operator's model where EMBEDDER_IMAGE names one, else our own; loaded when first used."""
    return ChosenImageModel(chosen, device) if chosen else ImageEmbedder(device)
