"""What is frozen, what is minimised, and the loop that trains."""
