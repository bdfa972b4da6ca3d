"""The query language: what is understood, what becomes of what is malformed, and that nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.lexemes import MAX_DEPTH, MAX_TERMS
from indexer.query import And, Everything, In, Node, Not, Or, Phrase, Prefix, Word, parse, render
from indexer.vietnamese import parts, tokenize

SPICE = """
học thể đại-học TP.HCM 27,5 a 10:30 foo:bar OR AND NOT or - -- * n* ng* ( ) (( )) " “ ” … title: TITLE: site: author:
-title: title:học -học -( -" -OR category:tin （ ） ： ＯＲ ｔｉｔｌｅ：học nghiên* ** OR* a,b 1,2,3 08/01/2021
"""
PIECES = st.sampled_from(SPICE.split())
QUERIES = st.one_of(
    st.text(max_size=60),
    st.lists(PIECES, max_size=14).map(" ".join),
    st.lists(PIECES, max_size=14).map("".join),
    st.text('ab1 "()-*:ORANDtile', max_size=40),
)


def words(text: str) -> tuple[Node, ...]:
    return tuple(map(Word, text.split()))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("", Everything()),
        ("  \n", Everything()),
        ("học", Word("học")),
        ("đại học", And(words("đại học"))),
        ("đại AND học", And(words("đại học"))),
        ("tuyển sinh OR học bổng", Or((And(words("tuyển sinh")), And(words("học bổng"))))),
        ("a or b", And(words("a or b"))),
        ('"đại  học\ncông nghiệp"', Phrase("đại học công nghiệp")),
        ("“đại học” „cao đẳng“", And((Phrase("đại học"), Phrase("cao đẳng")))),
        ("＂học＂　（a　OR　b）", And((Phrase("học"), Or(words("a b"))))),
        ("nghiên*", Prefix("nghiên")),
        ("#ngh.*", Prefix("ngh")),
        ("học -thể thao", And((Word("học"), Not(Phrase("thể thao"))))),
        ("học NOT thể thao", And((Word("học"), Not(Phrase("thể thao"))))),
        ("học -thể thao OR a", Or((And((Word("học"), Not(Phrase("thể thao")))), Word("a")))),
        ('học -thể "thao"', And((Word("học"), Phrase("thao"), Not(Word("thể"))))),
        ("học -thể thao -b", And((Word("học"), Not(Phrase("thể thao")), Not(Word("b"))))),
        ("học -thể AND thao", And((*words("học thao"), Not(Word("thể"))))),
        ("học -(thể) thao", And((*words("học thao"), Not(Word("thể"))))),
        ('-"thể thao" học', And((Word("học"), Not(Phrase("thể thao"))))),
        ("học -(a OR b)", And((Word("học"), Not(Or(words("a b")))))),
        ("học −thể", And((Word("học"), Not(Word("thể"))))),
        ("Hà-Nội", Word("Hà-Nội")),
        ("-thể thao", And((Everything(), Not(Phrase("thể thao"))))),
        ("-a OR b", Or((And((Everything(), Not(Word("a")))), Word("b")))),
        ("-(-a)", Word("a")),
        ("NOT NOT a", And((Everything(), Not(Word("a"))))),
        ("title:học bổng", In("title", And(words("học bổng")))),
        ("title: học bổng", In("title", And(words("học bổng")))),
        ("TITLE:học", In("title", Word("học"))),
        ('title:"học bổng" a', And((Word("a"), In("title", Phrase("học bổng"))))),
        ("title:(a OR b) c", And((Word("c"), In("title", Or(words("a b")))))),
        ("title:(-a)", In("title", And((Everything(), Not(Word("a")))))),
        (
            "author:Nguyễn Văn A category:tin",
            And((In("author", And(words("Nguyễn Văn A"))), In("category", Word("tin")))),
        ),
        ("title:nghiên* cứu", In("title", And((Prefix("nghiên"), Word("cứu"))))),
        ("site:vui học bổng", And((*words("học bổng"), In("site", Word("vui"))))),
        ("-site:vui học", And((Word("học"), Not(In("site", Word("vui")))))),
        ("-title:thể thao", And((Everything(), Not(In("title", Phrase("thể thao")))))),
        ("title:author:a", In("author", Word("a"))),
        ("10:30 foo:bar", And(words("10:30 foo:bar"))),
    ],
)
def test_what_is_understood(text: str, node: Node) -> None:
    assert parse(text).node == node
    assert parse(text).warnings == ()


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ('"đại học', And(words("đại học"))),
        ("(a b", And(words("a b"))),
        ("a) b", And(words("a b"))),
        ("a () b", And(words("a b"))),
        ("a OR", And(words("a or"))),
        ("OR", Word("or")),
        ("a OR OR b", Or((And(words("a or")), Word("b")))),
        ("a AND", And(words("a and"))),
        ("NOT", Word("not")),
        ("title:", Word("title")),
        ("title: -a", And((Word("title"), Not(Word("a"))))),
        ("a - b", And(words("a b"))),
        ("a … b", And(words("a b"))),
        ("-… học", Word("học")),
        ('-"" học', Word("học")),
        ("n*", Word("n")),
        ("TP.HCM*", Word("TP.HCM")),
        ("a (-)", Word("a")),
        ('a (-" )', Word("a")),
        ("*", Everything()),
        ('"!"', Everything()),
    ],
)
def test_what_is_malformed_is_plain_words_and_a_warning(text: str, node: Node) -> None:
    parsed = parse(text)
    assert parsed.node == node
    assert len(parsed.warnings) >= 1
    assert all(warning.endswith(".") and "<" not in warning for warning in parsed.warnings)


def test_what_is_too_long_is_cut() -> None:
    parsed = parse(" ".join(f"w{i}" for i in range(100)))
    assert isinstance(parsed.node, And)
    assert len(parsed.node.nodes) == MAX_TERMS
    assert parsed.warnings == ("Only the first 64 words of the query were used.",)
    phrase = parse('"' + " ".join(["học"] * 100) + '" title:(a OR b)').node
    assert phrase == Phrase(" ".join(["học"] * MAX_TERMS))


def test_what_is_too_long_stays_well_formed() -> None:
    start = " ".join(["a"] * 63)
    assert render(parse(f"{start} (b OR (c OR d))").node) == f"{start} b"
    assert render(parse(f"{start} b OR -(title:c d)").node) == f"{start} b"


def test_what_is_too_deep_is_flat() -> None:
    deep = "(a OR (b " * 40 + "c" + "))" * 40
    assert "Parentheses nested deeper than 20 were ignored." in parse(deep).warnings
    assert depth(parse(deep).node) <= 2 * MAX_DEPTH
    assert parse("title:" * 100_000 + "a").node == In("title", Word("a"))
    assert parse("(" * 100_000).node == Everything()
    assert parse("NOT " * 100_000 + "a").node == And((Everything(), Not(Word("a"))))


def depth(node: Node) -> int:
    match node:
        case And(nodes) | Or(nodes):
            return 1 + max(map(depth, nodes))
        case In(_, inner) | Not(inner):
            return 1 + depth(inner)
        case _:
            return 1


def leaves(node: Node) -> list[str]:
    match node:
        case And(nodes) | Or(nodes):
            return [text for inner in nodes for text in leaves(inner)]
        case In(_, inner) | Not(inner):
            return leaves(inner)
        case Word(text) | Prefix(text) | Phrase(text):
            return [text]
        case _:
            return []


@given(QUERIES)
def test_rendering_is_read_as_the_same_tree(text: str) -> None:
    node = parse(text).node
    assert parse(render(node)).node == node


@given(st.lists(PIECES, min_size=60, max_size=120).map(" ".join))
def test_so_it_is_at_the_limits(text: str) -> None:
    node = parse(text).node
    assert parse(render(node)).node == node
    assert sum(len(parts(tokenize(leaf))) for leaf in leaves(node)) <= MAX_TERMS


@given(QUERIES)
def test_every_leaf_has_something_to_look_for(text: str) -> None:
    assert all(map(tokenize, leaves(parse(text).node)))


@given(QUERIES)
def test_exclusions_stand_beside_something_positive(text: str) -> None:
    check_grounded(parse(text).node)


def check_grounded(node: Node) -> None:
    assert not isinstance(node, Not)
    match node:
        case And(nodes):
            assert len(nodes) > 1
            assert not all(isinstance(inner, Not) for inner in nodes)
            for inner in nodes:
                check_grounded(inner.node if isinstance(inner, Not) else inner)
        case Or(nodes):
            assert len(nodes) > 1
            for inner in nodes:
                check_grounded(inner)
        case In(_, inner):
            check_grounded(inner)
