"""Generators: a folder for each family, and `registry`, the one list of them."""
