"""Commands on instances that AWS Systems Manager reaches, where no SSH is allowed or there are too many."""
