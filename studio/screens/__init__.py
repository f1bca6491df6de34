"""A folder for each screen: its markup, its routes, its script."""
