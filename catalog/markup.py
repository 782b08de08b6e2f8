"""HTML that people and files bring, made harmless when it is written: what is stored may be shown as it is."""

import html

import nh3

TAGS = frozenset({"a", "b", "blockquote", "br", "em", "h3", "h4", "hr", "i", "li", "ol", "p", "s", "strong", "sub", "sup", "u", "ul"}) | frozenset(
    {"table", "tbody", "td", "th", "thead", "tr"}
)
ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})


def cleaned(text: str) -> str:
    """Allowed HTML; plain text becomes paragraphs. Cleaning what is clean changes nothing."""
    if nh3.is_html(text):
        text = nh3.clean(text, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow").strip()
    # Also what had only tags that are not allowed.
    return text if nh3.is_html(text) else paragraphs(text)


def paragraphs(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    return "".join(f"<p>{html.escape(html.unescape(line), quote=False)}</p>" for line in lines if line)


def plain(markup: str) -> str:
    """What a reader sees of it, in one line: for search and for lists."""
    spaced = markup.replace("<", " <")
    return " ".join(html.unescape(nh3.clean(spaced, tags=set())).split())
