"""`digits bench --report`: a page of tables and pictures."""
