"""What the school office does with many workbooks: hand them out, make norms, merge them. Source: spec §6."""
