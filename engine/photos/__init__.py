"""Photos and masks: read by one decoder; the lesion that a photo probably shows."""
