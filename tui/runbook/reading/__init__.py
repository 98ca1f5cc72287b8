"""From a file to the model: decoding, checking, and saying what is wrong and where."""
