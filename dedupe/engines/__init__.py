"""Engines: what runs the stages from a corpus to its duplicate pairs."""
