"""From bytes to text: finds encodings, decodes documents, recodes files of records."""
