"""A period priced from plain files: no probing, no database, and the same engine as every statement.

tables     CSV → rows with their lines; every problem of a file at once
kinds      rows → the evidence values of the engine, one reader a kind
case       an agreement, a period and files → the `Case` that is settled
"""
