"""Runs: each is a folder on disk and a turn of the worker process; a page only follows."""
