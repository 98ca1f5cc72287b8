"""What happened: events, the journal that keeps them, and the state that follows from them."""
