"""What readers of JUnit XML ask of a file: its elements, their order and attributes, its sums.

The facts are those of the schema of Jenkins' xUnit plugin (junit-10.xsd), which is the strictest
in use; ``file`` and ``line`` of a test case, which GitLab and others read, are allowed beside it.
"""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

_CASE = ("skipped", "error", "failure", "system-out", "system-err")
_CHILDREN = {
    "testsuites": ("testsuite",),
    "testsuite": ("properties", "testcase", "system-out", "system-err"),
    "properties": ("property",),
    "testcase": _CASE,
}
_REQUIRED = {
    "testsuite": {"name", "tests", "failures", "errors"},
    "testcase": {"name", "classname"},
    "property": {"name", "value"},
    "failure": {"message", "type"},
    "skipped": {"message"},
}
_ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time", "file", "line"},
    "property": {"name", "value"},
    "failure": {"message", "type"},
    "skipped": {"message", "type"},
}


class JUnitFile:
    """A file that was checked.

    :ivar cases: all test cases, in order
    :ivar properties: of the suite
    """

    def __init__(self, data: bytes | str) -> None:
        raw = data.encode() if isinstance(data, str) else data
        root = ElementTree.fromstring(raw)  # expat refuses what XML 1.0 does not allow
        assert root.tag == "testsuites"
        self._check(root)
        (suite,) = root
        self.cases = suite.findall("testcase")
        self.properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
        states = Counter(map(state_of, self.cases))
        for element in (root, suite):
            assert int(element.get("tests", "")) == len(self.cases)
            assert int(element.get("failures", "")) == states["failure"]
            assert int(element.get("errors", "")) == states["error"]
        assert int(suite.get("skipped", "")) == states["skipped"]
        names = Counter((case.get("classname"), case.get("name")) for case in self.cases)
        assert not names or max(names.values()) == 1, names.most_common(1)

    def _check(self, element: ElementTree.Element) -> None:
        tag = element.tag
        attributes = {*element.keys()}
        assert _REQUIRED.get(tag, set()) <= attributes <= _ALLOWED.get(tag, set()), (
            tag,
            attributes,
        )
        tags = [child.tag for child in element]
        order = _CHILDREN.get(tag, ())
        assert {*tags} <= {*order}, (tag, tags)
        assert tags == sorted(tags, key=order.index), (tag, tags)
        if tag == "testcase":
            assert sum(each in ("skipped", "error", "failure") for each in tags) <= 1
            assert int(element.get("line", "1")) >= 1
        else:
            assert tag not in _CHILDREN or not (element.text or "").strip()
        for child in element:
            assert not (child.tail or "").strip()
            self._check(child)

    def of_class(self, classname: str) -> dict[str, ElementTree.Element]:
        """Its test cases, by name."""
        return {
            each.get("name", ""): each for each in self.cases if each.get("classname") == classname
        }

    def named(self, classname: str, state: str) -> set[str]:
        """The names of its test cases that are in a state."""
        return {name for name, each in self.of_class(classname).items() if state_of(each) == state}


def state_of(case: ElementTree.Element) -> str:
    """``failure``, ``error``, ``skipped``, or nothing where it passed."""
    return next((child.tag for child in case if child.tag in _CASE[:3]), "")


def told_by(case: ElementTree.Element) -> str:
    """All that is said in it."""
    return "\n".join(
        part for child in case for part in (child.get("message", ""), child.text or "") if part
    )
