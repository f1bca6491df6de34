"""Experiments: which sets, which nets, how many runs, one table each."""
