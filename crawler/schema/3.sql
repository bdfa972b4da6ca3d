-- What extraction knows of a site from its other pages.

CREATE TABLE text (                     -- the last texts of each site: what most of them have is furniture
    site TEXT NOT NULL,
    article TEXT NOT NULL REFERENCES article (id),
    marks TEXT NOT NULL,                -- JSON: a number for each line
    stale INTEGER NOT NULL DEFAULT 0 CHECK (stale IN (0, 1)),   -- 1: furniture of it became known only afterwards
    PRIMARY KEY (site, article)
) STRICT;
