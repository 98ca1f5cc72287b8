"""What the operator's ssh_config(5) asks for."""
