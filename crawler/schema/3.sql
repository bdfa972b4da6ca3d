-- What extraction knows of a site from its other pages.

CREATE TABLE text (                     -- the last texts of each site: what most of them have is furniture
    site TEXT NOT NULL,
    article TEXT NOT NULL REFERENCES article (id),
    marks TEXT NOT NULL,                -- JSON: a number for each line
    stale INTEGER NOT NULL DEFAULT 0 CHECK (stale IN (0, 1)),   -- 1: furniture of it became known only afterwards
    PRIMARY KEY (site, article)
) STRICT;

CREATE TABLE attachment (               -- the text of a document that articles link to
    url TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    record INTEGER REFERENCES record (id)
) STRICT;

CREATE TABLE attached (
    article TEXT NOT NULL REFERENCES article (id),
    origin TEXT NOT NULL,               -- the address that the article links to
    url TEXT NOT NULL,                  -- the one to which that redirects, if it does
    title TEXT,
    PRIMARY KEY (article, origin)
) STRICT;
CREATE INDEX attached_url ON attached (url);

-- A page may now be an attachment, too: SQLite changes no constraint of a table that is there.
CREATE TABLE page_3 (
    url TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    host TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('list', 'article', 'sitemap', 'feed', 'attachment')),
    due INTEGER NOT NULL CHECK (due IN (0, 1)),
    hops INTEGER NOT NULL DEFAULT 0,
    run INTEGER,
    fetched TEXT,
    visit_after TEXT,
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    misses INTEGER NOT NULL DEFAULT 0,
    article TEXT REFERENCES article (id),
    depth INTEGER NOT NULL DEFAULT 0,
    found_on TEXT,
    listed INTEGER NOT NULL DEFAULT 0 CHECK (listed IN (0, 1)),
    quiet INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO page_3 (rowid, url, site, host, kind, due, hops, run, fetched, visit_after, etag, last_modified, body_hash,
    misses, article, depth, found_on, listed, quiet)
SELECT rowid, url, site, host, kind, due, hops, run, fetched, visit_after, etag, last_modified, body_hash,
    misses, article, depth, found_on, listed, quiet FROM page;
DROP TABLE page;
ALTER TABLE page_3 RENAME TO page;
CREATE INDEX page_due ON page (host, kind, site) WHERE due = 1;
CREATE INDEX page_visit_after ON page (site, visit_after) WHERE visit_after IS NOT NULL;
CREATE INDEX page_article ON page (article) WHERE article IS NOT NULL;
