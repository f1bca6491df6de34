"""One file a kind of archive: its folders and tables → records. `registry` reads any of them as photos with a diagnosis."""
