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
    fetch(location.href, { credentials: "same-origin", redirect: "error" }).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.text();
    }).then(function (text) {
      show(new DOMParser().parseFromString(text, "text/html").querySelector("[data-again]"));
      next();
    }).catch(function () { /* the link stays */ });
  }
  function show(fresh) {
    var old = document.querySelector("[data-again]");
    if (!fresh || fresh.innerHTML === old.innerHTML) { return; }
    var within = old.contains(document.activeElement);
    old.innerHTML = fresh.innerHTML;
    old.dataset.again = fresh.dataset.again;
    if (within) { old.setAttribute("tabindex", "-1"); old.focus({ preventScroll: true }); }
    var lead = old.querySelector("[data-say]");
    said.textContent = lead ? lead.textContent : "";
  }

  if (document.querySelector("[data-again=yes]")) { document.body.appendChild(said); next(); }
})();
