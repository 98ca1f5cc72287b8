"""The second edition of the format: what is written shorter there becomes the same model."""
