"""Moulage's engine: trains, renders and judges skin-lesion images. Importing it loads no torch."""

__version__ = "0.1.0"
