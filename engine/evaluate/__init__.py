"""Judges of a set of pictures: pure functions of arrays, and the drivers that feed them."""
