"""What a machine knows, written into the docs."""
