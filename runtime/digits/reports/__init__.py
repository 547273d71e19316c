"""`digits eval --report`: a page that shows how a model reads, and its pictures."""
