"""Drift: a site whose pages are no longer read as they were, because it was redesigned or its rules have become wrong.

What follows from it for the store: changed articles are held back until somebody accepts the new state or writes rules
that fit it. Whether a site has drifted is for `judgement` to say.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from crawler import reextract
from crawler.archive import Archive
from crawler.judgement import Finding, beginning, judge, judge_of_late
from crawler.readers import Readers
from crawler.readings import KINDS, RECENT, Drift, PastReading
from crawler.settings import Site
from crawler.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Renewed:
    """What new rules did for a site that had drifted: how many articles are readers' again, what still lacks."""

    released: int
    findings: tuple[Finding, ...]


def check(store: Store, site: Site, run: int, now: str) -> tuple[Finding, ...]:
    """Judge what `run` and, where it is short, the runs before it have read of a site; gives how it has drifted.

    When it begins to drift, what came of the pages since the probable redesign is held back from readers. A site that
    has drifted stays so until `accept` or `renew`.
    """
    with store.transaction():
        known = store.readings.drift(site.id)
        drift = _followed(store, known) if known else _begun(store, site, run, now)
        store.readings.prune(site.id, drift.first if drift else store.readings.first_of(site.id, run))
        return tuple(map(Finding.from_document, drift.findings)) if drift else ()


def _begun(store: Store, site: Site, run: int, now: str) -> Drift | None:
    """Note that a site has drifted, where it has, and hold back what came of it."""
    late = [store.readings.last(site.id, kind) for kind in KINDS]
    found = [(finding, beginning(finding, readings)) for readings in late for finding in judge_of_late(readings, run)]
    if not found:
        return None
    first = min(first for _, first in found)
    begun = Drift(site.id, now, first, _documents([finding for finding, _ in found]), fingerprint(site))
    store.readings.set_drift(begun)
    store.readings.hold(site.id, first, run, now)
    return begun


def _followed(store: Store, known: Drift) -> Drift:
    """Note how a site that has drifted is read by now; where it seems well again, what was found stays."""
    kinds = (store.readings.around(known.site, kind, known.first) for kind in KINDS)
    findings = [finding for before, since in kinds for finding in judge(before, since)]
    if findings:
        known = replace(known, findings=_documents(findings))
        store.readings.set_drift(known)
    return known


def _documents(findings: Sequence[Finding]) -> tuple[dict[str, Any], ...]:
    return tuple(finding.document() for finding in findings)


def fingerprint(site: Site) -> str:
    """A digest of the rules by which a site's pages are read: other ones are a new beginning."""
    told = [site.article, site.follow, site.exclude, [profile.model_dump(mode="json") for profile in site.profile]]
    return hashlib.blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()


def accept(store: Store, site: str, now: str) -> int | None:
    """Take a site as it is read now as normal; gives how many articles readers get, None where it had not drifted."""
    with store.transaction():
        known = store.readings.drift(site)
        if known is None:
            return None
        store.readings.accept(known)
        return store.readings.release(site, now)


def is_renewed(store: Store, site: Site) -> bool:
    """Whether a site has drifted and has got new rules since."""
    known = store.readings.drift(site.id)
    return known is not None and known.rules != fingerprint(site)


def renew(store: Store, archive: Archive, site: Site, readers: Readers, now: str) -> Renewed:
    """Extract by the site's new rules what was held back, from the archive, and let readers have it.

    Where the new rules find no more than the old ones, the site stays drifted, and what is held back stays so.
    """
    known = store.readings.drift(site.id)
    if known is None:
        return Renewed(0, ())
    read: deque[PastReading] = deque(maxlen=RECENT)
    work = reextract.Work(store, archive, readers)
    with closing(work.outcomes(store.readings.archived([site.id], known.first))) as batches:
        for outcomes in batches:
            work.keep(outcomes, now, held=frozenset({site.id}))
            read.extend(_as_reading(outcome) for outcome in outcomes if outcome.problem is None)
    with store.transaction():
        before, _ = store.readings.around(site.id, "article", known.first)
        findings = judge(before, read)
        if not findings:
            store.readings.forgive(known)
            return Renewed(store.readings.release(site.id, now), ())
        store.readings.set_drift(replace(known, findings=_documents(findings), rules=fingerprint(site)))
    log.warning(
        "%s: the new rules do not fit the %d archived pages either: %s", site.id, len(read), findings[0].sentence
    )
    return Renewed(0, findings)


def _as_reading(outcome: reextract.Outcome) -> PastReading:
    article = outcome.article
    length = len(article.body) if article else None
    return PastReading(0, 0, "article", outcome.page.url, outcome.rules, article.id if article else None, length)
