"""The engine that runs a scan on Spark; nothing outside it imports pyspark."""
