"""The command line: click, one file per noun.

stdout carries data, stderr carries talk. A command imports what is heavy when it runs, so that `budget`
answers at once. Nothing here computes: a command asks another room and lays out the answer.
"""
