"""Records -> Plotly figures. No titles, no colours for text: the page's theme gives those."""
