"""Texts that try to become more than text, in every output that the project writes.

None of them may execute, restyle, link, load or break out of its place. They stand in ids, texts,
titles, URLs, sites and reasons.
"""

from __future__ import annotations

SCRIPTS = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<!--<script>alert(3)//-->",
    "</textarea><script>alert(4)</script>",
    "</title><script>alert(5)</script>",
    "</style><script>alert(6)</script>",
    "]]><script>alert(7)</script>",
    "]]>",
    "<![CDATA[<script>alert(8)</script>]]>",
    "<iframe srcdoc='<script>parent.alert(9)</script>'></iframe>",
    "<object data=javascript:alert(10)></object>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(11)'>",
    "'\"><script>alert(12)</script>",
    "{{constructor.constructor('alert(13)')()}}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "${alert(14)}",
    "\u2028alert(15)\u2029",
    "\\u003cscript\\u003ealert(16)\\u003c/script\\u003e",
]

HANDLERS = [
    "<img src=x onerror=alert(20)>",
    '" onmouseover="alert(21)" x="',
    "' autofocus onfocus='alert(22)",
    "<body onload=alert(23)>",
    "<details open ontoggle=alert(24)>",
    "<input autofocus onfocus=alert(25)>",
    "<a href='javascript:alert(26)'>click</a>",
    "<a href='JaVaScRiPt&colon;alert(27)'>click</a>",
    "javascript:alert(28)",
    "data:text/html,<script>alert(29)</script>",
    "<form action=javascript:alert(30)><button>go</button></form>",
]

SVG = [
    "<svg onload=alert(40)>",
    "<svg><script>alert(41)</script></svg>",
    "<svg><animate onbegin=alert(42) attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:alert(43)'><text y=9>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(44)>",
    "<svg><foreignObject><iframe src=//evil.example></iframe></foreignObject></svg>",
]

CSS = [
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "</style><style>body{background:url(//evil.example/x)}",
    '" style="position:fixed;inset:0;background:red',
    "<div style='background:url(javascript:alert(50))'>",
    "@import url(//evil.example/x.css);",
]

TERMINAL = [
    "\x1b]0;title\x07",
    "\x1b[2J\x1b[H",
    "\x9b31mred",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1bP$q\x1b\\",
    "over\rwritten",
    "back\x08\x08\x08\x08space",
    "\x00nul\x00",
    "\u202egnp.exe\u202c",
    "\u2066isolated\u2069\u200f",
    "zero\u200bwidth\ufeff",
    "\U000e0041\U000e0042tags",
    "line\nbreak\r\nand\x0bmore\x0c\x85",
    "\u0301combining first",
]

MARKUP = [
    "[bold red]rich[/bold red]",
    "[link=http://evil.example]rich[/link]",
    "[/]",
    "[@click=app.bell]x[/]",
]

CI_COMMANDS = [
    "::error::boom",
    "::warning file=a,line=1::boom",
    "::add-mask::the",
    "::stop-commands::token",
    "::set-output name=a::b",
    "x\n::error::boom",
    "x%0A::error::boom",
    "a,title=b::c::d",
    "##[error]boom",
    "##[add-mask]the",
    "##vso[task.setvariable variable=PATH]evil",
    "##teamcity[buildStatus status='FAILURE']",
    "\x1b[0Ksection_start:1:evil\r\x1b[0K",
]

MARKDOWN = [
    "[click](http://evil.example)",
    "![x](http://evil.example/pixel.png)",
    "](0)[click](http://evil.example)",
    "[kept copy](0)",
    "{0} {{1}}",
    "<http://evil.example>",
    "http://evil.example/path",
    "www.evil.example",
    "evil@evil.example",
    "@octocat @org/team",
    "#1 GH-2 org/repo#3 0123456789abcdef0123456789abcdef01234567",
    "[ref]: http://evil.example",
    "| a | b |\n|---|---|\n| c | d |",
    "a | b \\| c",
    "```\n# broken out\n```",
    "````\n~~~",
    "`" * 200 + "x",
    "</details><h1>broken out</h1>",
    "</code></summary></details># broken out",
    "# heading\n- item\n> quote\n---",
    "**bold** _em_ ~~gone~~ `code` $x$ :tada:",
    "&lt;script&gt;&#x3c;b&#62;",
    "\\` \\[ \\\\",
    "<!-- comment",
    "<details><summary>x",
]

SPREADSHEET = [
    "=1+1",
    "=cmd|'/C calc'!A0",
    '=HYPERLINK("http://evil.example","click")',
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "＝1+1",
    "a;=1+1",
    'a";"=1+1',
    'a\n=1+1,"b',
    "'=1+1",
    "\ufeff=1+1",
    '"quoted", and "more"',
]

VECTORS: list[str] = [
    *SCRIPTS,
    *HANDLERS,
    *SVG,
    *CSS,
    *TERMINAL,
    *MARKUP,
    *CI_COMMANDS,
    *MARKDOWN,
    *SPREADSHEET,
]
