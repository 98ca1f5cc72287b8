"""Probes and monitors: asked, judged, followed."""
