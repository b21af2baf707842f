"""Plotly figures drawn from records; titles and the colours of text are left to the page's theme."""
