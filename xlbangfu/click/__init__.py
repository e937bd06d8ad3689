"""One press of a button on an open workbook: how it runs, what it shows and asks, one at a time, and its log.

Importing this package costs nothing.
"""
