"""What all widgets look like: colours, signs and bars."""
