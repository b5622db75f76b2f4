"""From paths to sources: finds the files to read in folders, and the members of archives."""
