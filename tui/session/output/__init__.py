"""What commands printed, kept byte for byte and read from any place."""
