// Looks again by itself while the server is at work on something ([data-again=yes]): sooner first, then ever less often.
// Without this file there is a link "Look again" that does the same. Says aloud what has changed, and keeps the focus.
(function () {
  "use strict";
  var waits = [1, 1, 2, 3, 5, 8, 13];
  var until = Date.now() + 600000;
  var said = document.createElement("p");
  said.setAttribute("role", "status");
  said.className = "sr";

  function next() {
    if (!document.querySelector("[data-again=yes]") || Date.now() > until) { return; }
    window.setTimeout(look, 1000 * (waits.length > 1 ? waits.shift() : waits[0]));
  }
  function look() {
    if (document.hidden) { next(); return; }
    // Parsed by the browser as a document: no text becomes markup here (Trusted Types).
    var asked = new XMLHttpRequest();
    asked.open("GET", here());
    asked.responseType = "document";
    asked.onload = function () {
      if (asked.status === 429 || asked.status >= 500) { next(); return; }
      if (asked.status !== 200 || asked.responseURL !== here()) { return; } // signed out, say: the link stays
      show(asked.response && asked.response.querySelector("[data-again]"));
      next();
    };
    asked.onerror = next;
    asked.send();
  }
  function here() { return location.href.split("#")[0]; }
  function show(fresh) {
    var old = document.querySelector("[data-again]");
    if (fresh && old.hasAttribute("tabindex")) { fresh.tabIndex = -1; }
    if (!fresh || fresh.isEqualNode(old)) { return; }
    var within = old.contains(document.activeElement);
    old.replaceChildren.apply(old, Array.from(document.importNode(fresh, true).childNodes));
    old.dataset.again = fresh.dataset.again;
    if (within) { old.tabIndex = -1; old.focus({ preventScroll: true }); }
    var lead = old.querySelector("[data-say]");
    said.textContent = lead ? lead.textContent : "";
  }

  if (document.querySelector("[data-again=yes]")) { document.body.appendChild(said); next(); }
})();
