"""The page: theme, one module per tab, and the shell that joins them."""
