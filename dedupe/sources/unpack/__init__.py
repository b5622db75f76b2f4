"""Unpacks compressed files and archives."""
