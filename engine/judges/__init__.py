"""Judges that learn: nets which say what a picture shows, trained by the one loop; `registry` lists them."""
