"""The page: one package per tab, one module per panel, and the charts."""
