"""The Sweeps screen: one case over two axes."""
