"""Many files at once: worker processes read them in batches, and their answers stay in order."""
