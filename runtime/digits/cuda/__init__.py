"""Running a classifier on an NVIDIA GPU; imported only where one is used."""
