"""From paths to sources: what there is to read, in folders and in archives."""
