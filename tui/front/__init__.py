"""What a screen may ask of the application, and what the engine's threads tell it."""
