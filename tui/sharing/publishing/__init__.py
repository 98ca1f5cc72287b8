"""A session as others may follow it: what is handed on, to where, and how secrets stay here."""
