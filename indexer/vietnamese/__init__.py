"""Normalise Vietnamese text: the only way from text to terms, for index, query, suggestion and highlight alike.

Nothing is segmented into words, no word is stopped, nothing is stemmed. `syllable` turns one written word into its
exact and its folded term, `compounds` adds what is written as one but read as several (codes, dates, addresses),
`tokens` cuts a text into tokens whose offsets point into that very text, `sentences` finds where sentences end.
Pure; what a program outside this package needs is named here.
"""

from indexer.vietnamese.sentences import sentences
from indexer.vietnamese.syllable import begins, canonical, fold, has_marks, prefix_forms
from indexer.vietnamese.tokens import Token, parts, readings, tokenize

__all__ = [
    "Token",
    "begins",
    "canonical",
    "fold",
    "has_marks",
    "parts",
    "prefix_forms",
    "readings",
    "sentences",
    "tokenize",
]
