"""One file per screen: markup, then handlers, then wiring."""
