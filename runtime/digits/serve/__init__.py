"""`digits serve`: a model behind HTTP, for programs, pages and model servers' clients.

What costs time for each image is done for those that wait together; see `digits.serve.batching`.
"""
