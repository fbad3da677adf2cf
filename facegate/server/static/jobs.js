// Help for waiting: asks for the same page every two seconds and puts its newest words in place, until the job
// has ended. Without it the link does the same.
"use strict";

(() => {
  const WAIT_MS = 2000;
  const part = document.getElementById("job");
  const told = document.getElementById("job-said");
  if (!part || part.dataset.open !== "yes") return;

  // What a reader is about to press keeps its place under the hand: only the words around it are renewed.
  const put = (fresh) => {
    const held = part.contains(document.activeElement) && fresh.dataset.open === "yes";
    if (!held) {
      part.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    }
    part.dataset.open = fresh.dataset.open;
    if (fresh.dataset.open !== "yes" && told) told.textContent = "The enrollment has ended.";
  };

  const look = async () => {
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("job");
        if (fresh) put(fresh);
      }
    } catch {
      // The service may be away for a moment; the next look tells.
    }
    if (part.dataset.open === "yes") setTimeout(look, WAIT_MS);
  };

  setTimeout(look, WAIT_MS);
})();
