"""What was recorded, as plain tables for other programs: what stands in them, and how files are written."""
