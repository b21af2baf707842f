"""A training run as a folder, a place in a queue, and a process."""
