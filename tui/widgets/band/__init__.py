"""The band at the top of the step's card."""
