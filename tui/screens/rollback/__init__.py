"""The rollback screen."""
