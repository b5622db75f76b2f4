"""Files as they are opened: the file system, names, streams that are kept."""
