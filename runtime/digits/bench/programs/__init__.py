"""Programs that are measured, each in a process of its own; the last line on stdout is JSON."""
