"""The Library drawer: cases that were kept."""
