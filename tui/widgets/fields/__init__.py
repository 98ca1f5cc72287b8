"""Fields of one line, with choices, or a list of rows, as our screens need them."""
