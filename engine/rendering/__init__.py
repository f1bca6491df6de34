"""Pictures of a trained generator: live and to keep, from cases and from noise, one or a whole sweep."""
