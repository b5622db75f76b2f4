"""Reports as the functions of the package give them: with methods that show, save and act.

``dedupe.model.report.Report`` holds the figures, and every stage and renderer takes it. A report
here *is* one, of a class derived from it, so that no function needs to know the difference; its
methods call what the command line calls.
"""
