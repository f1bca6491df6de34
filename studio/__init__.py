"""Moulage's studio: the browser pages. It knows the engine only through `engine.service`."""
