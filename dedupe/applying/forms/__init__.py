"""Writing what stays of a corpus in one file, in another form or compression than it had.

``form`` says what the name of a file asks for, ``records`` reads the documents that stay with all
their fields, ``columns`` finds the type of each field, ``writers`` and ``tables`` write.
"""
