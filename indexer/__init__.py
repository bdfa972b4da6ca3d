"""Analyse, index and search the articles of the store.

Sits on `crawler`, whose store it reads, and below `webapp`. `update` is the spine of writing, `search` of reading.
"""
