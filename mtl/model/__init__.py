"""The encoder, its heads, and the files that keep them."""
