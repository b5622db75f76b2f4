"""What is kept of each document, in memory or in the work folder."""
