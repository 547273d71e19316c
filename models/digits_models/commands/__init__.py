"""The commands of `digits` that need torch but no exporter."""
