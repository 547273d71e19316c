"""What users of torch would do instead: programs that `digits bench` runs beside the runtime."""
