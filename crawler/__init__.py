"""Fetch, archive and extract the news pages of universities.

The lowest of the three packages: it knows sites, pages, articles and the store, and nothing of an index or a web
application. `crawl` is its spine.
"""
