"""The journal: written so that nothing is lost, read so that nothing false is believed."""
