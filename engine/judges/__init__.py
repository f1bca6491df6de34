"""Judges that learn: nets which say what a picture shows."""
