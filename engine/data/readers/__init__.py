"""One file an archive: its folders and tables → records. `photos` reads any of them as photos with a diagnosis."""
