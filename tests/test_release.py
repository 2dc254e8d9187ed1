"""Version, citation and change log agree."""

import datetime
import re
from pathlib import Path

import yaml

from tools import build

ROOT = Path(__file__).resolve().parents[1]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
#: What of the schema of version 1.2.0 the file may use: the keys of a work, and of a person.
WORK = {"type", "title", "authors", "year", "url", "identifiers"}
SOFTWARE = {"cff-version", "message", "abstract", "version", "date-released", "license",
            "repository-code", "keywords", "references", "type", "title", "authors"}  # fmt: skip
RELEASE = re.compile(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$", re.MULTILINE)


def authors(work: dict) -> list[str]:
    """Their names; a person has two, an organisation one."""
    for author in work["authors"]:
        assert set(author) in ({"given-names", "family-names"}, {"name"})
        assert all(isinstance(value, str) and value for value in author.values())
    return [" ".join(author.values()) for author in work["authors"]]


def test_the_citation_has_the_form_that_github_and_zenodo_read():
    """cff-version 1.2.0: four fields are required, a reference needs three."""
    assert {"cff-version", "message", "title", "authors"} <= CITATION.keys() <= SOFTWARE
    assert CITATION["cff-version"] == "1.2.0" and CITATION["type"] == "software"
    assert isinstance(CITATION.get("date-released", datetime.date.min), datetime.date)
    for work in CITATION["references"]:
        assert {"type", "title", "authors"} <= work.keys() <= WORK and work["type"] == "article"
        assert isinstance(work["year"], int) and work["url"].startswith("https://")
        assert all(set(entry) == {"type", "value"} for entry in work["identifiers"])
        assert authors(work)


def test_the_citation_says_what_the_package_says():
    project = build.project()
    assert authors(CITATION) == [author["name"] for author in project["authors"]]
    assert (CITATION["title"], CITATION["abstract"]) == (project["name"], project["description"])
    assert (CITATION["license"], CITATION["keywords"]) == (project["license"], project["keywords"])
    assert CITATION["repository-code"] == project["urls"]["Repository"]
    (paper,) = CITATION["references"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = ", ".join(name.split()[-1] for name in authors(paper))
    assert f"{names}, [arXiv 2407.13518]({paper['url']}) ({paper['year']})" in readme


def test_the_change_log_ends_at_the_version_of_citation_and_package():
    """``0.3.0.dev0`` is what comes after the release: set-up cells find no tag of that name."""
    versions = RELEASE.findall(CHANGES)
    numbers = [tuple(map(int, version.split("."))) for version, _ in versions]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == len(numbers)
    version, _, development = build.project()["version"].partition(".dev")
    assert str(CITATION["version"]) == versions[0][0]
    if development:
        assert numbers[0] < tuple(map(int, version.split(".")))
    else:
        assert versions[0][0] == version
    heads = re.findall(r"^## (.+)$", CHANGES, re.MULTILINE)
    assert heads == ["[Unreleased]", *(f"{version} - {date}" for version, date in versions)]
    kinds = set(re.findall(r"^### (.+)$", CHANGES, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    released = CITATION.get("date-released")
    assert released is None or str(released) == versions[0][1]
