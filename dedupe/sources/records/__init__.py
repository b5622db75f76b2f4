"""From records to batches: finds text, id and metadata of records, and packs documents."""
