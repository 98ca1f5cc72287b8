"""Signatures of people: what they sign for, with which keys, and who vouches for them."""
