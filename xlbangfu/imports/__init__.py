"""Taking in the files schools really have: reading them, finding their header, matching their rows to pupils.

Layers, each knowing only those above it: reading (bytes to grids) · words (synonyms as data) · headers (which
column is what) · tables and accounting (every row is somewhere) · classes (names of grades and classes) ·
identify (whose row is it) · roster, scores, norms (what the rows change in one workbook). `actions.imports` runs
them on one workbook or a folder. Source: spec §3.1.
"""
