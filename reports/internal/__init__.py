"""The internal report. Nothing that makes a customer's page may know this room."""
