"""Attempts at actions: what each will do, how it is made, and how its end is judged and recorded."""
