"""pyx12's walk over one group with its maps kept between files; the only importer of pyx12.

Its own entry, `x12n_document`, parses the map's XML anew at each call, a quarter of a second that most of our files,
of a few claims, would spend on nothing else. A map is never changed by a walk (its counters live in the walker), so one
copy serves every file and every thread.
"""

from __future__ import annotations

import io
import json
import logging
from functools import cache
from typing import Any

from pyx12.errh_json import errh_json_visitor
from pyx12.error_handler import err_handler
from pyx12.map_if import load_map_file, map_if
from pyx12.map_if._segment import apply_segment_errors
from pyx12.map_index import map_index
from pyx12.map_walker import apply_walk_errors, walk_tree
from pyx12.params import ParamsBase
from pyx12.x12file import X12Reader

_VERSION = "00501"
_CONTROL_MAP = "x12.control.00501.xml"
_EXTERNAL_CODES_EXCLUDED = "remark_code,claim_status,claim_status_cat,pos"
"""Lists that end about 2015 in pyx12; our own code tables judge these codes."""


def errors_of(text: str, guide: str, functional_id: str) -> dict[str, Any]:
    """pyx12's error tree, as its JSON document, of one interchange with one group of that GS08 and GS01.

    `text` begins with ISA. Raises whatever pyx12 raises where the structure is too broken for it to go on.
    """
    logger = logging.getLogger("pyx12")
    logger.propagate = False  # it logs values of the file
    logger.setLevel(logging.CRITICAL + 1)
    errors = _Walk(text, _map(_file_of(guide, functional_id))).errors()
    document = io.StringIO()
    errors.accept(errh_json_visitor(document))
    answer: dict[str, Any] = json.loads(document.getvalue())
    return answer


@cache
def _map(file: str) -> map_if:
    parameters = ParamsBase()
    parameters.set("exclude_external_codes", _EXTERNAL_CODES_EXCLUDED)
    return load_map_file(file, parameters)


@cache
def _file_of(guide: str, functional_id: str) -> str:
    file: str = map_index(None).get_filename(_VERSION, guide, functional_id)
    return file


class _Walk:
    """One file against one map: the steps of pyx12's `x12n_document` that lead to its error tree, in its order."""

    def __init__(self, text: str, guide_map: map_if) -> None:
        self.source = X12Reader(io.StringIO(text))
        self.source.check_837_lx = guide_map.id == "837"
        self.guide_map, self.control_map = guide_map, _map(_CONTROL_MAP)
        self.walker = walk_tree()
        self.tree = err_handler()
        self.node = self.control_map.getnodebypath("/ISA_LOOP/ISA")

    def errors(self) -> err_handler:
        for segment in self.source:
            found = self._find(segment)
            if found is None:
                continue
            self.node = found
            self._note(segment)
            apply_segment_errors(self.node, segment, self.tree)
        self.source.cleanup()  # catches trailers left out
        self.tree.handle_errors(self.source.pop_errors())
        return self.tree

    def _find(self, segment: Any) -> Any:
        """The node of the map that the segment is, or None where it belongs nowhere."""
        source, walker = self.source, self.walker
        if segment.get_seg_id() == "ISA":
            walker.forceWalkCounterToLoopStart("/ISA_LOOP", "/ISA_LOOP/ISA")
            return self.control_map.getnodebypath("/ISA_LOOP/ISA")
        if segment.get_seg_id() == "GS":
            walker.forceWalkCounterToLoopStart("/ISA_LOOP/GS_LOOP", "/ISA_LOOP/GS_LOOP/GS")
            return self.guide_map.getnodebypath("/ISA_LOOP/GS_LOOP/GS")
        place = source.get_seg_count(), source.get_cur_line(), source.get_ls_id()
        node, _, _, errors = walker.walk_errors(self.node, segment, *place)
        apply_walk_errors(self.tree, errors)
        return node

    def _note(self, segment: Any) -> None:
        """Open or close the segment's place in the error tree; what the reader found belongs before or after it."""
        source, tree = self.source, self.tree
        closing = {"IEA": tree.close_isa_loop, "GE": tree.close_gs_loop, "SE": tree.close_st_loop}
        opening = {"ISA": tree.add_isa_loop, "GS": tree.add_gs_loop, "ST": tree.add_st_loop}
        name = segment.get_seg_id()
        if name in closing:
            tree.handle_errors(source.pop_errors())
            closing[name](self.node, segment, source)
            return
        if name in opening:
            opening[name](segment, source)
        else:
            tree.add_seg(self.node, segment, source.get_seg_count(), source.get_cur_line(), source.get_ls_id())
        tree.handle_errors(source.pop_errors())
