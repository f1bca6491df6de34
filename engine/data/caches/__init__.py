"""Photos decoded once into memory maps, a file for each kind of recipe."""
