"""From records to batches: fields, metadata, pieces."""
