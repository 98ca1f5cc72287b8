"""What carries out the operator's decisions: announced, done, recorded."""
