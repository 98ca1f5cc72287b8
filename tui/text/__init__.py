"""What may be shown on a terminal: text from elsewhere is made safe here, and nowhere else."""
