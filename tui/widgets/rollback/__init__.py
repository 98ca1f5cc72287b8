"""The head of the rollback screen."""
