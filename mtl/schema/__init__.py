"""Settings, tasks, and the records that every other room speaks."""
