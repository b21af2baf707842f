"""Teaching a model live: labels, a few sentences of each, and a head that is exact at once."""
