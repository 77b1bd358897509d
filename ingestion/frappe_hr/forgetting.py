"""A site of which nobody is told who was forgotten.

Their documents come under the keys that took the place of their names, so that what is
known of them is compared with what the site has, and nothing that tells who they are
goes any further.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ingestion.erasure import personal, rows
from ingestion.erasure.forgotten import Forgotten
from ingestion.frappe_hr.helpers import Document, Filter, FrappeSite
from ingestion.frappe_hr.settings import DOCTYPES

_BY_NAME = {doctype.name: doctype for doctype in DOCTYPES}


class ForgettingSite(FrappeSite):
    """A site, read by the list of those who were forgotten.

    Args:
        forgotten: The list.
        given: As of `FrappeSite`.
        settings: As of `FrappeSite`.
    """

    def __init__(self, forgotten: Forgotten, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self._forgotten = forgotten
        self._names: dict[str, str] = {}

    def document(self, doctype: str, name: str) -> Document | None:
        """Read one document with its child tables, by the name that we know it by."""
        found = super().document(doctype, self._names.get(name, name))
        return found and self._erased(doctype, found)

    def _by_name(
        self,
        doctype: str,
        fields: str,
        size: int,
        where: Sequence[Filter],
        *,
        after: str = "",
        number: float = float("inf"),
    ) -> Iterator[list[Document]]:
        asked = [
            [field, how, [self._names.get(each, each) for each in value]]
            if (field, how) == ("name", "in")
            else [field, how, value]
            for field, how, value in where
        ]
        pages = super()._by_name(
            doctype,
            fields,
            size,
            asked,
            after=self._names.get(after, after),
            number=number,
        )
        for page in pages:
            yield [self._erased(doctype, each) for each in page]

    def _erased(self, doctype: str, document: Document) -> Document:
        """A document without what tells who it is, where it is of one forgotten."""
        if not self._forgotten:
            return document
        known = _BY_NAME[doctype]
        changed = rows.fields(
            document, personal.roles("frappe_hr", known.table), self._forgotten
        )
        if changed["name"] != document["name"]:
            self._names[changed["name"]] = document["name"]
        for child in known.children:
            roles = personal.roles("frappe_hr", child.table)
            if roles and document.get(child.field):
                changed[child.field] = [
                    rows.fields(row, roles, self._forgotten)
                    for row in document[child.field]
                ]
        return changed
