"""Formats in which a model leaves the project, each compared with the model before it is handed over."""
