"""The two doors to a workbook: closed files and live ones."""
