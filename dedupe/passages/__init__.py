"""What documents share without being duplicates: documents inside others, shared passages."""
