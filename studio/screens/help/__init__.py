"""The guide, shown by Help."""
