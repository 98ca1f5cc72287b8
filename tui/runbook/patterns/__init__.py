"""Regular expressions that people write, matched within a bound."""
