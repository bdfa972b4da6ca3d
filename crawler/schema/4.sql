-- Corrections by staff (overrides.toml): readers get them in the place of what was extracted, which stays as it is.

CREATE TABLE override (
    article TEXT PRIMARY KEY REFERENCES article (id),
    fields TEXT NOT NULL                -- JSON, a merge patch (RFC 7396) of the article's document: null is unknown
) STRICT;

DROP VIEW stored;
CREATE VIEW stored AS                   -- each article with its current version, as staff have corrected it
    SELECT a.id, a.status, a.first_seen, a.last_seen, a.changed, a.versions, a.sequence, v.content_hash,
           iif(o.fields IS NULL, v.document, json_patch(v.document, o.fields)) AS document,
           v.record IS NOT NULL AS archived, o.fields IS NOT NULL AS corrected
    FROM article a JOIN version v ON v.article = a.id AND v.number = a.versions
    LEFT JOIN override o ON o.article = a.id;
