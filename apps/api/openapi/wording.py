"""The words of the description: summaries and descriptions from docstrings.

A method's docstring says it all, its first line the summary. Without one, the view's docstring
does: `Create, list.` gives each method its verb, and the noun is what the view returns.
"""

import inspect
import re

from apps.api.views import WireView

# What a verb in a view's docstring means; `GET` of a list is told from `GET` of one by its shape.
_METHODS = {
    "create": "POST",
    "update": "POST",
    "delete": "DELETE",
    "list": "GET",
    "retrieve": "GET",
}
STATUSES = {
    "200": "What was asked for.",
    "default": "A refusal, or a failure.",
}


def summary_of(view: WireView, method: str) -> str:
    """Return what an operation does, in a line; empty if nobody said it."""
    own = _paragraphs(getattr(view, method.lower()).__doc__)
    if own:
        return own[0].removesuffix(".")
    said = _paragraphs(type(view).__doc__)
    if not said:
        return ""
    phrase = re.split(r"[.:] |[.:]$", said[0])[0]
    verbs = phrase.lower().split(", ")
    if all(verb in _METHODS for verb in verbs):
        phrase = next((verb for verb in verbs if _METHODS[verb] == method), "").capitalize()
    if " " in phrase or not phrase:
        return phrase
    return f"{phrase} {_noun(view.returns, is_list=view.shapes[method].is_listing)}"


def description_of(view: WireView, method: str) -> str:
    """Return what else the docstrings say; empty if the summary says it all."""
    own = _paragraphs(getattr(view, method.lower()).__doc__)
    said = own or _paragraphs(type(view).__doc__)
    text = "\n\n".join(said[1:])
    if not own and said and ":" in said[0]:
        # `Confirm: by the merchant, or by …` is cut at the colon for the summary.
        text = f"{said[0]}\n\n{text}".strip()
    if method in view.publishable_methods:
        text = f"{text}\n\nA publishable key may do this, from a browser.".strip()
    return text


def id_of(name: str) -> str:
    """Return what a parameter of the path is."""
    return "The id of any object." if name == "object_id" else f"The id of the {_words(name)}."


def _noun(name: str, *, is_list: bool) -> str:
    words = _words(name)
    if is_list:
        return f"{words}s"
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _words(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")


def _paragraphs(doc: str | None) -> list[str]:
    """Return the paragraphs of a docstring, unwrapped, without its fields (`:raises …:`)."""
    text = re.split(r"^:\w+", inspect.cleandoc(doc or ""), maxsplit=1, flags=re.MULTILINE)[0]
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return [re.sub(r"\s*\n\s*", " ", one) for one in paragraphs if one]
