"""Read a search from named parameters, the same for the address of a page, the API and the command line.

`read` never guesses: an unknown parameter or a bad value is a `BadRequestError` that holds every fault at once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from crawler.errors import InputError
from indexer.results import MAX_SIZE, SORTS, SearchRequest

PARAMETERS = ("q", "site", "category", "author", "from", "to", "sort", "size", "cursor", "facets")
REPEATABLE = frozenset({"site", "category"})
MAX_TEXT = 1000  # characters of a value: ten times the longest headline of the 40,000 at hand


DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)  # fromisoformat would take a week's day, too


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one parameter; `code` is one of unknown, repeated, invalid, too_long, stale."""

    param: str
    code: str
    detail: str


class BadRequestError(InputError):
    """A search that cannot be read."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Take all that is wrong."""
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.detail for fault in self.faults))


def read(parameters: Mapping[str, Sequence[str]]) -> SearchRequest:
    """Make a request of `parameters` (each name with its values); empty values are as if they were not there."""
    faults = [_unknown(name) for name in parameters if name not in PARAMETERS]
    given = {name: [value for value in values if value.strip()] for name, values in parameters.items()}
    for name, values in given.items():
        faults += _faults(name, values)
    if faults:
        raise BadRequestError(faults)
    one = {name: values[0] for name, values in given.items() if values and name not in REPEATABLE}
    request = SearchRequest(
        q=one.get("q", ""),
        sites=tuple(dict.fromkeys(given.get("site", ()))),
        categories=tuple(dict.fromkeys(given.get("category", ()))),
        author=one.get("author", ""),
        first_day=date.fromisoformat(one["from"]) if "from" in one else None,
        last_day=date.fromisoformat(one["to"]) if "to" in one else None,
        sort=next(sort for sort in SORTS if sort == one.get("sort", SORTS[0])),
        size=int(one.get("size", 10)),
        facets=one.get("facets", "true") == "true",
    )
    return _continue(request, one["cursor"]) if "cursor" in one else request


def parameters_of(request: SearchRequest) -> list[tuple[str, str]]:
    """The parameters that `read` makes `request` of, but for the place in the results; defaults are left out."""
    pairs = [
        ("q", request.q),
        *(("site", site) for site in request.sites),
        *(("category", category) for category in request.categories),
        ("author", request.author),
        ("from", request.first_day.isoformat() if request.first_day else ""),
        ("to", request.last_day.isoformat() if request.last_day else ""),
        ("sort", "" if request.sort == SORTS[0] else request.sort),
        ("size", "" if request.size == 10 else str(request.size)),
        ("facets", "" if request.facets else "false"),
    ]
    return [(name, value) for name, value in pairs if value]


def cursor(request: SearchRequest, generation: int, offset: int) -> str:
    """A place in the results of `request`: exact, since a generation never changes."""
    told = json.dumps([generation, offset, _fingerprint(request)], separators=(",", ":"))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _continue(request: SearchRequest, text: str) -> SearchRequest:
    try:
        generation, offset, fingerprint = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        sound = all(type(number) is int and 0 <= number < 10**9 for number in (generation, offset))
    except (ValueError, TypeError, binascii.Error):
        sound = False
    if not sound:
        raise BadRequestError([Fault("cursor", "invalid", "cursor: is not one that this service gave out")])
    if fingerprint != _fingerprint(request):
        told = "cursor: belongs to another search; send it with the very parameters that it was given for"
        raise BadRequestError([Fault("cursor", "invalid", told)])
    return replace(request, generation=generation, offset=offset)


def _fingerprint(request: SearchRequest) -> str:
    """What must stay the same from page to page; the size may change."""
    told = asdict(replace(request, size=0, facets=True, offset=0, generation=None))
    return hashlib.blake2b(json.dumps(told, default=str, sort_keys=True).encode(), digest_size=6).hexdigest()


def _unknown(name: str) -> Fault:
    return Fault(name, "unknown", f"{name}: no such parameter; known are {', '.join(PARAMETERS)}")


def _faults(name: str, values: Sequence[str]) -> list[Fault]:
    if name not in PARAMETERS:
        return []
    found = [Fault(name, "too_long", f"{name}: longer than {MAX_TEXT} characters") for v in values if len(v) > MAX_TEXT]
    if len(values) > 1 and name not in REPEATABLE:
        found.append(Fault(name, "repeated", f"{name}: may be given once, found {len(values)}"))
    return found or [Fault(name, "invalid", told) for value in values if (told := _wrong(name, value))]


def _wrong(name: str, value: str) -> str:
    """What is wrong with a value; empty where nothing is."""
    if name in {"from", "to"} and not _is_day(value):
        return f"{name}: expected a day as YYYY-MM-DD, found {value!r}"
    if name == "sort" and value not in SORTS:
        return f"sort: expected one of {', '.join(SORTS)}, found {value!r}"
    if name == "size" and not (value.isascii() and value.isdigit() and 1 <= int(value) <= MAX_SIZE):
        return f"size: expected a whole number from 1 to {MAX_SIZE}, found {value!r}"
    if name == "facets" and value not in {"true", "false"}:
        return f"facets: expected true or false, found {value!r}"
    return ""


def _is_day(value: str) -> bool:
    try:
        return bool(DAY.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False
