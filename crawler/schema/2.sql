-- What a crawler needs that runs for years: limits against traps, what a crash left, drift and what is held back.

-- 1: kept from readers until somebody accepts it, see drift. article.versions is the number of the version that readers get,
-- 0 while all that there are are held back.
ALTER TABLE version ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1));

-- Clicks from a start page, those to the next page of a list not counted; the page that first linked here; 1 where a list
-- page links here; of a list, the visits in a row that showed nothing new.
ALTER TABLE page ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;
ALTER TABLE page ADD COLUMN found_on TEXT;
ALTER TABLE page ADD COLUMN listed INTEGER NOT NULL DEFAULT 0 CHECK (listed IN (0, 1));
ALTER TABLE page ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;
DROP INDEX page_due;
CREATE INDEX page_due ON page (host, kind, site) WHERE due = 1;
CREATE INDEX page_article ON page (article) WHERE article IS NOT NULL;
CREATE INDEX record_by_url ON record (url, id);
CREATE INDEX record_by_place ON record (file, offset);

CREATE TABLE shape (                    -- addresses that differ only in numbers and values (urls.shape)
    site TEXT NOT NULL,
    shape TEXT NOT NULL,
    barren INTEGER NOT NULL,            -- new pages in a row that led to no article: a calendar without an end
    PRIMARY KEY (site, shape)
) STRICT, WITHOUT ROWID;

CREATE TABLE robots (                   -- the robots.txt of each host, good for a day
    root TEXT PRIMARY KEY,
    fetched TEXT NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE warc (                     -- how much of a file of the archive is settled: what follows came of a crash
    file TEXT PRIMARY KEY,
    settled INTEGER NOT NULL            -- bytes
) STRICT;

CREATE TABLE reading (                  -- what was found on the last pages of each site: drift is judged by it
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL,
    run INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('article', 'list')),
    url TEXT NOT NULL,
    article TEXT,                       -- the article that was found, and which version of it this is
    version INTEGER,
    fields TEXT NOT NULL                -- JSON: the rule that found each field; what was not found is not there
) STRICT;
CREATE INDEX reading_by_site ON reading (site, id);

CREATE TABLE drift (                    -- sites whose pages are no longer read as they were
    site TEXT PRIMARY KEY,
    since TEXT NOT NULL,
    findings TEXT NOT NULL,             -- JSON: what is missing, by which rule it used to be found, where
    rules TEXT NOT NULL                 -- the site's profiles then: new ones are a new beginning
) STRICT;
