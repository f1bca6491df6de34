"""Data sets: folders on disk → records → what is decoded once → batches."""
