"""Statements that stand: issued under a number, corrected by papers that name them, verified by anybody."""
