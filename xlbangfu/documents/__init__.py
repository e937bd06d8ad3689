"""Files that leave the workbook: written summaries, slips for parents, cards, the sheet for the wall."""
