-- The store, its first version. `PRAGMA user_version` holds the number of the last of these files that was applied.

CREATE TABLE article (
    id TEXT PRIMARY KEY,
    url TEXT UNIQUE,
    site TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('live', 'gone')),
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    changed TEXT NOT NULL,
    versions INTEGER NOT NULL,          -- the number of the current version, counted from 1
    sequence INTEGER NOT NULL UNIQUE    -- of the last change, over all articles: what the indexer asks for
) STRICT;
CREATE INDEX article_by_site ON article (site);

CREATE TABLE record (                   -- where a response lies in the archive
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    fetched TEXT NOT NULL,
    status INTEGER NOT NULL,
    file TEXT NOT NULL,
    offset INTEGER NOT NULL
) STRICT;

CREATE TABLE version (
    article TEXT NOT NULL REFERENCES article (id),
    number INTEGER NOT NULL,
    seen TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    document TEXT NOT NULL,             -- JSON, the article's own part of the contract's object
    record INTEGER REFERENCES record (id),
    PRIMARY KEY (article, number)
) STRICT;

CREATE VIEW stored AS                   -- each article with its current version
    SELECT a.id, a.status, a.first_seen, a.last_seen, a.changed, a.versions, a.sequence,
           v.content_hash, v.document, v.record IS NOT NULL AS archived
    FROM article a JOIN version v ON v.article = a.id AND v.number = a.versions;

CREATE TABLE page (                     -- every address that was found: the frontier, and what is known of each
    url TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    host TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('list', 'article', 'sitemap', 'feed')),
    due INTEGER NOT NULL CHECK (due IN (0, 1)),   -- 1: to be fetched in this run, or in the next if this one is cut off
    hops INTEGER NOT NULL DEFAULT 0,    -- redirects on the way here
    run INTEGER,                        -- the last run that visited it
    fetched TEXT,
    visit_after TEXT,                   -- an article, or a page that failed, is due again from this instant on
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    misses INTEGER NOT NULL DEFAULT 0,  -- runs in a row that found nothing there
    article TEXT REFERENCES article (id)
) STRICT;
CREATE INDEX page_due ON page (site, host, kind) WHERE due = 1;
CREATE INDEX page_visit_after ON page (site, visit_after) WHERE visit_after IS NOT NULL;

CREATE TABLE site (                     -- the rules that the addresses of a site were last judged by
    id TEXT PRIMARY KEY,
    rules TEXT NOT NULL
) STRICT;

CREATE TABLE waiting (                  -- hosts that asked, by Retry-After, to be left alone for long
    host TEXT PRIMARY KEY,
    until TEXT NOT NULL
) STRICT;

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    started TEXT NOT NULL,
    ended TEXT,
    exit_code INTEGER,
    report TEXT                         -- JSON
) STRICT;
