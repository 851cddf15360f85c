"""Writes `docs/schema.md` from the models: `python -m tests.house.schema > docs/schema.md`."""

from __future__ import annotations

import sys

from audit import table
from portal.models import catalog

HEAD = """# Tables and columns

Written by `python -m tests.house.schema`; a house test compares it with the models. Codes stand in row digests and in
the associated data of sealed fields (field code = table code * 256 + column code); they are never reused. Classes:
open, sealed (by kind and padding bucket), index (blind, by rule over columns), derived (not in row digests). JSON
columns count in row digests as the text of their canonical JSON.
"""


def page() -> str:
    parts = [HEAD]
    for name, model in sorted(catalog.models().items(), key=lambda each: each[1].table_code):
        told = "" if model.digested else ", not digested"
        group = f", digested with {model.group[0]}" if model.group else ""
        parts.append(f"\n## {name} (table {model.table_code}{told}{group})\n")
        parts.append("| code | column | class | type |\n| --- | --- | --- | --- |")
        for column in model.__table__.columns:
            info = column.info
            kind = info["class"]
            if kind == "sealed":
                kind = f"sealed {info['kind']}, {info['bucket']}"
            elif kind == "index":
                kind = f"index {info['rule']} of {', '.join(info['of'])}"
            null = "" if column.nullable else ", not null"
            parts.append(f"| {info['code']} | {column.key} | {kind} | {type(column.type).__name__}{null} |")
    parts.append("\n## The log (`audit/table.py`)\n\n| table | columns |\n| --- | --- |")
    parts += [
        f"| {each.name} | {', '.join(column.key for column in each.columns)} |" for each in table.metadata.sorted_tables
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
