"""Reads a page as people and assistive technology do, and says what is wrong with it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

LONGEST = 20
"""Words of a sentence."""

NEVER = (
    r"(?:non-)?complian(?:t|ce)",
    r"breach\w*",
    r"violat\w*",
    r"fail(?:ed|s|ure|ures|ing)?",
    r"missed",
    r"overdue",
    r"target\w* not met",
    r"scor(?:e|ed|es|ing)",
    r"rank\w*",
    r"streak\w*",
    r"better than others",
    r"long day\w*",
    r"late finish\w*",
    r"extra mile",
    r"dedicated",
    r"resilien\w*",
    r"you (?:should|must|need to)",
    r"you worked",
    r"you took",
    r"stress\w*",
    r"burn(?:t|ed)? ?out",
    r"at risk",
    r"unhealthy",
    r"low morale",
    r"attendance",
    r"no-shows?",
    r"who declined",
    r"your manager",
    r"team average",
    r"intimacy",
    r"camera on",
    r"mandatory",
    r"please explain why",
    r"proven",
    r"guarantee\w*",
    r"delegate this",
    r"act now",
    r"final reminder",
    r"headspace",
    r"NHS",
)
_VOID = {"meta", "link", "input", "br", "hr", "img", "path", "rect", "circle"}
_BLOCKS = {
    *("p", "li", "h1", "h2", "h3", "h4", "dt", "dd", "td", "th", "label", "legend", "summary"),
    *("caption", "button", "option", "title", "desc", "div", "section", "a", "text"),
}


@dataclass
class Page(HTMLParser):
    """A page, parsed: its texts, headings, and everything that names or is named."""

    html: str
    texts: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    _text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()
        self._end_text()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if tag in _BLOCKS:
            self._end_text()
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in found:
            self.ids.append(found["id"])
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()
        if tag in _BLOCKS:
            self._end_text()

    def handle_data(self, data: str) -> None:
        self._text += data

    def _end_text(self) -> None:
        if text := " ".join(self._text.split()):
            self.texts.append(text)
        self._text = ""

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of one kind."""
        return [found for name, found in self.tags if name == tag]


def problems(page: Page) -> list[str]:
    """Everything about the page that is not as it has to be."""
    return [*words(page.texts), *_structure(page), *_names(page), *_reaches_out(page)]


def words(texts: Sequence[str]) -> Iterator[str]:
    """Sentences that nobody should read, and why."""
    never = re.compile(rf"\b(?:{'|'.join(NEVER)})\b", re.IGNORECASE)
    for text in texts:
        if found := never.search(text):
            yield f"“{found[0]}” is never said: {text}"
        if "!" in text:
            yield f"an exclamation mark: {text}"
        for sentence in re.split(r"(?<=[.?])\s+|; ", text):
            if len(sentence.split()) > LONGEST:
                yield f"{len(sentence.split())} words: {sentence}"


def _structure(page: Page) -> Iterator[str]:
    if page.headings.count(1) != 1 or page.headings[0] not in (1, 2):
        yield f"headings {page.headings}"
    # An error summary stands before the page's own heading.
    own = page.headings[page.headings.index(1) :]
    for before, after in pairwise(own):
        if after > before + 1:
            yield f"heading {after} follows heading {before}"
    if page.all("html") != [{"lang": "en-GB"}] or len(page.all("main")) != 1:
        yield "language or main landmark"
    for name in {each for each in page.ids if page.ids.count(each) > 1}:
        yield f"two elements are called {name}"


def _names(page: Page) -> Iterator[str]:
    labelled = {each.get("for") for each in page.all("label")}
    for tag in ("input", "select"):
        for each in page.all(tag):
            if each.get("type") != "hidden" and each.get("id") not in labelled:
                yield f"no label: {each}"
    for tag, found in page.tags:
        for name in ("aria-labelledby", "aria-describedby", "for", "form"):
            for wanted in found.get(name, "").split():
                if wanted not in page.ids:
                    yield f"{tag} {name} names {wanted}, which is not there"
        if found.get("href", "").startswith("#") and found["href"][1:] not in page.ids:
            yield f"a link to {found['href']}, which is not there"


def _reaches_out(page: Page) -> Iterator[str]:
    for tag, found in page.tags:
        if tag in ("script", "style", "iframe", "object", "embed") or "style" in found:
            yield f"{tag} with {found}"
        for name, value in found.items():
            if name.startswith("on"):
                yield f"{tag} {name}"
            if name in ("href", "src", "action") and not value.startswith(("/", "#")):
                yield f"{tag} {name} leads away: {value}"
