"""The sample newsroom behind `tratin demo`: made-up articles of a made-up university, served over real HTTP.

`articles` reads the data, `songthao` and `phong_dao_tao` are the two sites with their own markup, `site` is what they
share, and `newsroom` puts them on sockets. Nothing here crawls, indexes or searches.
"""
