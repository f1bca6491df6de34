"""The Studio screen: a map is painted, a picture is seen, and both are opened, kept for later and saved."""
