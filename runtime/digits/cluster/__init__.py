"""Folder jobs on a Ray cluster: `digits infer --engine ray`.

The inputs are listed once, in order, and cut into blocks (`plan`). Actors, each with a classifier
(`actor`), read the blocks and write one file for each, whole or not at all (`parts`), on a shared
file system or in object storage (`storage`). What is there needn't be done again, so a job that was
stopped goes on where it stood.

ray and pyarrow are imported where they are used, and nowhere else in the runtime.
"""
