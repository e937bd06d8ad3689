"""Taking in the files schools really have: reading them, finding their header, matching their rows to pupils.

Layers, each knowing only those above it: reading (bytes to grids) · words (synonyms as data) · headers (which
column is what) · tables (rows and the accounting of every row) · classes (names of grades and classes) ·
identify (whose row is it) · roster, scores, norms (what the rows change in one workbook) · folder (one file
over many workbooks). Source: spec §3.1.
"""
