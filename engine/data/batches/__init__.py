"""What a step of training is given: batches on a device, a file for each kind of recipe."""
