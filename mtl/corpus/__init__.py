"""From files to rows that a model can train on."""
