"""How values look on a page: hostile characters made visible, moments in UTC, icons told apart by shape."""

import unicodedata
from datetime import UTC, datetime

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Shapes differ, so that nothing is told by colour alone. 24 x 24, stroked with the text's own colour.
_SHAPES = {
    "good": '<circle cx="12" cy="12" r="9"/><path d="M8 12.5l2.7 2.7L16 9.5"/>',
    "warn": '<path d="M12 3.5L22 20.5H2z"/><path d="M12 10v4.5M12 17.4v.1"/>',
    "bad": '<path d="M8.2 3h7.6L21 8.2v7.6L15.8 21H8.2L3 15.8V8.2z"/><path d="M9 9l6 6M15 9l-6 6"/>',
    "neutral": '<circle cx="12" cy="12" r="9" stroke-dasharray="3.2 2.4"/><path d="M8.5 12h7"/>',
    "busy": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.4 2"/>',
    "todo": '<circle cx="12" cy="12" r="9"/>',
    "hold": '<circle cx="12" cy="12" r="9"/><path d="M9.7 8.5v7M14.3 8.5v7"/>',
    "download": '<path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4.5 20h15"/>',
    "file": '<path d="M6 3h8l5 5v13H6z"/><path d="M14 3v5h5"/>',
    "upload": '<path d="M12 16V5M7.5 9L12 4.5 16.5 9M4.5 20h15"/>',
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon: the word beside it carries the meaning, so it is hidden from screen readers."""
    shape = _SHAPES[name]
    return mark_safe(  # noqa: S308 - from the table above, never from a caller
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{shape}</svg>'
    )


def _is_deceptive(character: str) -> bool:
    """Controls, formats (bidi, zero-width), surrogates, private use, and blanks that look like nothing."""
    if character in "\u115f\u1160\u3164\uffa0\u2800":
        return True
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@register.filter
def visible(text: object) -> SafeString:
    """Escaped text in which characters that hide or reorder others are shown by their code point."""
    pieces = []
    for character in str(text):
        if _is_deceptive(character):
            name = unicodedata.name(character, "control character").lower()
            pieces.append(
                format_html('<span class="revealed" title="{}">U+{}</span>', name, f"{ord(character):04X}")
            )
        else:
            pieces.append(escape(character))
    return format_html('<bdi class="foreign">{}</bdi>', format_html_join("", "{}", ((p,) for p in pieces)))


@register.filter
def moment(value: datetime | str | None) -> SafeString:
    """A moment as `<time>`, in UTC to the second; accepts a datetime or RFC 3339."""
    if not value:
        return mark_safe("–")
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return visible(value)
    when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    shown = f"{when.day} {when:%b %Y, %H:%M:%S} UTC"
    return format_html('<time datetime="{}">{}</time>', when.isoformat(timespec="seconds"), shown)


@register.filter
def short_moment(value: datetime | str | None) -> SafeString:
    """The same to the minute, for lists."""
    long = moment(value)
    if not isinstance(value, datetime):
        return long
    when = value.astimezone(UTC)
    shown = f"{when.day} {when:%b %Y, %H:%M} UTC"
    return format_html('<time datetime="{}">{}</time>', when.isoformat(timespec="seconds"), shown)


@register.filter
def size(count: int | None) -> str:
    """A number of bytes for a person: 1.2 MB (10^6 bytes), with the unit always shown."""
    if not count:
        return "0\u00a0bytes"
    value, units = float(count), ("bytes", "kB", "MB", "GB", "TB")
    step = 0
    while value >= 1000 and step < len(units) - 1:
        value, step = value / 1000, step + 1
    shown = f"{value:.3g}" if step else f"{int(value)}"
    return f"{shown}\u00a0{units[step]}"


@register.inclusion_tag("portal/_digest.html")
def digest(value: str, label: str = "digest") -> dict[str, str]:
    """A digest in full, breakable, with a copy button once scripts run."""
    return {"value": value, "label": label}
