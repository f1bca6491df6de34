"""Photos that the user opens: read, kept privately, their lesion proposed."""

from engine.photos.proposal import propose_lesion
from engine.photos.reading import png_bytes, read_photo
from engine.photos.store import Photos

__all__ = ["Photos", "png_bytes", "propose_lesion", "read_photo"]
