"""Opens files: the file system, names of files, copies of streams."""
