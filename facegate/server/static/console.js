// Help for the search console; without it the buttons do the same. It asks what the buttons ask, takes the
// answer's page, and puts those parts of it in place that say what the law and the photo's check say.
"use strict";

(() => {
  const form = document.getElementById("console");
  if (!form) return;
  const toggle = document.getElementById("live");
  const file = document.getElementById("probe");
  const WAIT_MS = 900;
  const PAUSE_MS = 5000; // a check is a record of the log, for good: at most one in so long
  let timer = 0;
  let last = -PAUSE_MS;
  let asked = 0;
  let before = "";

  const stated = (withPhoto) => {
    const data = new FormData(form);
    if (!withPhoto) data.delete("probe");
    return data;
  };

  const put = (text, only) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      if (only && part.id !== only) continue;
      if (!only && part.id === "photo-seen") continue;
      const found = fresh.getElementById(part.id);
      if (found && found.innerHTML !== part.innerHTML) {
        part.replaceChildren(...[...found.childNodes].map((node) => document.importNode(node, true)));
      }
    }
  };

  const ask = async (path, data, only) => {
    const mine = ++asked;
    let answer;
    try {
      answer = await fetch(path, { method: "POST", body: data, headers: { Accept: "text/html" }, redirect: "manual" });
    } catch {
      return false; // no line: the buttons will say so
    }
    const page = (answer.headers.get("content-type") || "").startsWith("text/html");
    if (!page || (!answer.ok && answer.status !== 422) || (!only && mine !== asked)) return false;
    put(await answer.text(), only);
    return answer.ok;
  };

  const check = () => {
    const data = stated(false);
    const now = new URLSearchParams([...data].filter(([name]) => name !== "csrf")).toString();
    if (now === before) return; // nothing new since the last check
    before = now;
    last = performance.now();
    ask("/console/check", data, "");
  };

  form.addEventListener("change", (event) => {
    if (event.target === file || !toggle.checked) return;
    clearTimeout(timer);
    timer = setTimeout(check, Math.max(WAIT_MS, last + PAUSE_MS - performance.now()));
  });
  toggle.closest(".live-choice").hidden = false;
  toggle.checked = true;
  toggle.addEventListener("change", () => clearTimeout(timer));

  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    const done = await ask("/console/photo", stated(true), "photo-seen");
    if (done) file.value = ""; // the service holds it now
  });
})();
