"""What the parameters of an address mean: the reader's way to a page, another view of it, the number of a page. Tables.

Everything here is tried on a parameter of a canonical address, `name=value` or `name`, so `[` is `%5B`. A name may only
stand in a table where it can hardly name the page itself: what is dropped or refused wrongly is an article lost, what
is kept wrongly is one fetch more, and `rel=canonical` joins the two pages. So `s` (the search of WordPress), `id`, `p`,
`ref`, `source`, `from`, `lang`, `view` and `catid` stay, unless their value says what they are.
"""

from __future__ import annotations

import re

# The reader's way to a page, whatever the value. Also for the addresses of our own search page.
TRACKING = re.compile(
    r"""(?:
    # Google Analytics, Matomo; the advertising of Google, Facebook and Instagram
      utm_\w+ | mtm_\w+ | (?:pk|piwik)_(?:campaign|kwd|keyword|source|medium|content|cid)
    | gclid | gclsrc | dclid | gbraid | wbraid | _ga | _gac | _gl | srsltid
    | fbclid | fb_(?:action_ids|action_types|ref|source) | mibextid | sfnsn | igshid | igsh
    # Zalo, Bing, Yandex, Twitter, TikTok, LinkedIn
    | zarsrc | msclkid | yclid | ysclid | _openstat | twclid | ref_src | ref_url | ttclid | li_fat_id
    # letters by Mailchimp, Marketo, HubSpot, Vero, Omeda
    | mc_[ce]id | mkt_tok | _hs(?:enc|mi) | __hs(?:tc|sc|fp) | hsa_\w+ | vero_(?:id|conv) | oly_(?:anon|enc)_id
    # sessions of PHP, Java, ASP, ASP.NET, ColdFusion, Zen Cart, osCommerce
    | phpsessid | jsessionid | aspsessionid\w* | asp\.net_sessionid | aspxautodetectcookiesupport
    | cfid | cftoken | zenid | oscsid
    # the form below an article of WordPress
    | replytocom
    )$""",
    re.IGNORECASE | re.VERBOSE,
)

# The same, where the value shows it: a session is a long mixture of letters and digits, a site is one of a few names.
SESSION = r"(?=[a-z]*\d)(?=\d*[a-z])(?:[0-9a-f]{32}|[0-9a-z]{26}|[0-9a-z]{40,128})"
NETWORK = r"(?:facebook|fb|zalo|twitter|x|linkedin|pinterest|tumblr|telegram|whatsapp|reddit|pocket|email|google\+?)"
WAYS = re.compile(
    rf"""(?:
      (?:s|sid|sess|sessid|session|session_?id)={SESSION}  # phpBB, vBulletin; `sid=12` and `s=học bổng` stay
    | (?:share|ref|via)={NETWORK} | nb=1                   # WordPress's Jetpack writes share=facebook&nb=1
    | _=\d{{13}}                                           # jQuery's way around caches: milliseconds
    )$""",
    re.IGNORECASE | re.VERBOSE,
)

# A session in the path: `;jsessionid=...`, and ASP.NET's without cookies, `/(X(1)S(...))/` and before 2.0 `/(...)/`.
PATH_PARAMETER = re.compile(r";(?:jsessionid|phpsessid|sessionid|sid)=[^/;]*", re.IGNORECASE)
PATH_SESSION = re.compile(r"/\((?:(?:[AFSX]\([^()/]*\))+|[a-z0-5]{24})\)(?=/|$)", re.IGNORECASE)

# The same list in another order. `sort`, `order` and `dir` may be a section or a folder, so their value decides; Drupal
# writes the heading of a column: `order=Ngày đăng&sort=asc`.
DIRECTION = r"(?:asc|desc|ascending|descending|a-z|z-a)"
COLUMN = (
    r"(?:title|name|alias|date|time|day|created?|changed|modified|updated?|publish(?:ed|_up)?|posted|hits?|views?|viewed|"
    r"popular(?:ity)?|rating|votes?|comments?|author|relevance|alpha|random|rand|id|ordering|position|"
    r"newest|oldest|latest|recent|moi-?nhat|cu-?nhat|xem-?nhieu|ngay(?:-?dang)?|ten|tieu-?de|luot-?xem)"
)
ORDERS = re.compile(
    rf"""(?:
      (?:sort|order)_?(?:by|field|col(?:umn)?|expression|dir(?:ection)?)=(?!\d*$).+   # WordPress, Drupal, SharePoint
    | (?:sort_?order|order_?sort|filter_order(?:_dir)?)=(?!\d*$).+                    # Drupal, Joomla
    | (?:sort|order|ordering)=-?(?:\w{{1,12}}\.)?{COLUMN}(?:[_.:+-](?:{COLUMN}|at|on|{DIRECTION}))*
    | (?:sort|order|ordering|dir|direction)={DIRECTION}
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
DIRECTED = re.compile(rf"(?:sort|dir|direction)={DIRECTION}$", re.IGNORECASE)
ORDERED = re.compile(r"(?:order|sort)=(?!\d*$)", re.IGNORECASE)

# The same page for a printer, a feed reader, a telephone or a frame.
YES = r"(?:=(?:1|true|yes|y|on)?)?"
VIEWS = re.compile(
    rf"""(?:
      print(?:able|er|_?mode|_?view)?(?:{YES}|=(?:print|pdf|preview|friendly))
    | tmpl=(?:component|raw|print) | pop=1 | type=(?:rss|atom)  # Joomla
    | format=(?:pdf|feed|raw|rss|atom|xml|json|print|doc|ical|ics|opds)
    | feed=(?:rss2?|atom|rdf|comments-rss2) | output=amp | amp{YES} | noamp=\w+  # WordPress
    | (?:action|act|do|task|view|layout|mode|output|op)=(?:print\w*|pdf|sendmail|emailform|share)
    | (?:action|task)=e?mail
    | dnnprintmode=true | popup{YES} | skinsrc=.+ | containersrc=.+ | isdlg=1 | mobile=[01]  # DotNetNuke, SharePoint
    | nvvithemever=\w*  # NukeViet
    )$""",
    re.IGNORECASE | re.VERBOSE,
)

# The number of a page of a list, or of its first entry. In brackets or after `_` it may belong to one part of a page:
# `tx_news[currentPage]`, `_101_INSTANCE_x_cur` of Liferay, `wpv_paged`.
PAGES = re.compile(
    r"(?:.*(?:_|-|\.|%5B|%40))?(?:page|paged|pages|pg|pgno|pageno|page_?(?:no|num|number|index|id?x)|pagenum|pagenumber|"
    r"pageindex|currentpage|current_?page|cur_?page|cur|trang|p|start|limitstart|offset|skip|pagefirstrow)(?:%5D)?"
    r"=\d{1,7}$",
    re.IGNORECASE,
)
# SharePoint tells with the first row where the page before ended: `Paged=TRUE&p_Modified=20210108%2007:30:00&p_ID=30`.
ROWS = re.compile(r"pagefirstrow=\d+$", re.IGNORECASE)
ROW_STATE = re.compile(r"(?:paged|pagedprev|p_\w+)=", re.IGNORECASE)

# The same in a path: /page/2/, /page-2, /trang-2.html, /trang/2, /tin-tuc-p2.html, /tabid/12/page/3/Default.aspx
PAGE_PATH = re.compile(
    r"[/_-](?:(?:page|trang|paged|pageno|pageindex|pagenumber|currentpage)[/_-]?|p(?=\d))\d{1,5}(?=/|\.\w{3,5}$|$)",
    re.IGNORECASE,
)
