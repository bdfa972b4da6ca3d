"""Whether a page is an article where no pattern of the site decides: text first, then links, in any language."""

from __future__ import annotations

from datetime import datetime

import pytest

from crawler.article import VIETNAM, Page
from crawler.extract import extract, parse
from crawler.settings import Site

NOW = datetime(2021, 1, 10, 12, 0, tzinfo=VIETNAM)
SITE = Site(name="Trường Đại học Thử nghiệm", start=("http://127.0.0.1:1/",)).model_copy(update={"id": "thu"})
FRENCH = [
    "Pendant l'été, une vingtaine d'élèves ont mesuré les collines autour du lac.",
    "La carte a été remise au comité populaire de la ville au début du mois.",
    "L'école prévoit d'étendre ce travail à deux autres districts au printemps.",
]
CHINESE = [
    "我校师生参加了义务植树活动，共种下三百棵树苗。",
    "活动持续了两天，附近的居民也来帮忙。",
    "明年学校将继续举办这项活动。",
]
JAPANESE = [
    "本学の学生が地域の清掃活動に参加しました。",
    "当日は近所の子どもたちも集まりました。",
    "来年も同じ場所で開催する予定です。",
]
OTHERS = "".join(f'<li><a href="/page/{n}">Ouverture des inscriptions, session numéro {n}</a></li>' for n in range(8))
CHINESE_OTHERS = "".join(f'<li><a href="/page/{n}">关于第{n}届校园运动会报名工作的有关通知</a></li>' for n in range(8))


def reason(inside: str) -> str | None:
    text = f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>{inside}</body></html>'
    page = Page("http://127.0.0.1:1/bai-viet", NOW, 200, {"content-type": "text/html"}, text.encode())
    return extract(parse(page), page, SITE).reason


def told(sentences: list[str]) -> str:
    return "".join(f"<p>{sentence}</p>" for sentence in sentences)


@pytest.mark.parametrize(
    ("headline", "date", "sentences", "others"),
    [
        (
            "Les élèves mesurent la terre",
            "Publié le 8 janvier 2021 à 9h30",
            FRENCH,
            f"<b>Lire aussi</b><ul>{OTHERS}</ul>",
        ),
        (
            "Les élèves mesurent la terre",
            "Publié le 8 janvier 2021",
            FRENCH,
            f"<p>À ne pas manquer</p><ul>{OTHERS}</ul>",
        ),
        ("我校举办植树活动", "发布时间：2021年1月8日", CHINESE, f"<div>相关新闻</div><ul>{CHINESE_OTHERS}</ul>"),
        ("学生が清掃活動に参加", "2021年1月8日", JAPANESE, ""),
    ],
)
def test_an_article_with_a_list_below(headline: str, date: str, sentences: list[str], others: str) -> None:
    assert reason(f"<div><h1>{headline}</h1><p>{date}</p><div>{told(sentences)}{others}</div></div>") is None


@pytest.mark.parametrize("items", [OTHERS, CHINESE_OTHERS])
def test_a_list_with_a_date(items: str) -> None:
    assert reason(f"<div><h1>Actualités de l'école</h1><p>8/1/2021</p><div><ul>{items}</ul></div></div>") is not None


def test_a_list_with_a_summary_below_each_link() -> None:
    items = "".join(
        f'<div><h3><a href="/page/{n}">Ouverture des inscriptions, session {n}</a></h3><p>{FRENCH[n % 3]}</p></div>'
        for n in range(8)
    )
    assert reason(f"<div><h1>Actualités</h1><p>8/1/2021</p><div>{items}</div></div>") == "looks like a list page"
