"""`digits bench`: this runtime beside what users would pick instead, and the bare limit.

A measurement (`measurements/`) is one file: its contenders, what is read off each, and the targets.
`rounds` runs the contenders in turn, several times; each is a process of its own (`programs/`, and
`digits_export.bench` for those that need torch), so that none inherits another's threads or memory
and one that crashes is one line.
"""
