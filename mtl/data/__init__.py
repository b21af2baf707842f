"""From the bytes of a CSV file to a training and a validation split."""
