"""From the events to the state: one step of the fold for each kind of event."""
