"""The engine on Whoosh. Nothing outside this package imports whoosh.

Whoosh 2.7.4 of 2016 has invalid escape sequences and a deprecated import, over which Python warns when it compiles the
files; it is imported here first, with those warnings silenced, so that `-W error` does not stop the program.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import whoosh.columns
    import whoosh.fields
    import whoosh.formats
    import whoosh.index
    import whoosh.query
    import whoosh.scoring
    import whoosh.writing  # noqa: F401
