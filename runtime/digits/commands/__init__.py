"""The runtime's commands, one module each; `digits.cli` loads the one that runs."""
