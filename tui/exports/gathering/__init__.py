"""What one reading of a journal leaves for an export."""
