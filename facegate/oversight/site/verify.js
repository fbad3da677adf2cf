// Checks the log of this site in the browser: no library, nothing sent anywhere. In this order:
// signature and cosignatures; every record against its leaf, every tile, the root; an older checkpoint;
// records in order, results against intents; the reports; the pages against the reports.
"use strict";
(function () {
  const WIDTH = 256, HASH = 32, MAX_SKEW_MS = 10000;
  const ED25519 = 1, COSIGNATURE = 4;
  const NO_ED25519 = "the signature: this browser has no Ed25519. Use a current one, or: facegate log verify";
  const byId = (id) => document.getElementById(id);
  const encode = (text) => new TextEncoder().encode(text);
  const decode = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const many = (n) => n.toLocaleString("en-US");
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
  const fail = (words) => { throw new Error(words); };

  // ---- bytes, hashes (RFC 6962) ----
  function joined(...parts) {
    const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  }
  function bytesOf(base64) {
    try { return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)); } catch { return fail("not base64: " + base64); }
  }
  const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const leafHash = (record) => sha256(joined([0], record));
  const nodeHash = (left, right) => sha256(joined([1], left, right));

  // Root over hashes: pairs, level by level; the last of an odd number goes up as it is.
  async function reduce(hashes) {
    while (hashes.length > 1) {
      const pairs = [];
      for (let at = 0; at < hashes.length; at += 2) {
        pairs.push(at + 1 < hashes.length ? nodeHash(hashes[at], hashes[at + 1]) : hashes[at]);
      }
      hashes = await Promise.all(pairs);
    }
    return hashes.length ? hashes[0] : sha256(new Uint8Array(0));
  }
  async function rootAt(log, size) {
    if (!log.roots.has(size)) {
      const full = Math.floor(size / WIDTH), rest = log.leaves.slice(full * WIDTH, size);
      const tops = log.levels[1].slice(0, full);
      log.roots.set(size, hex(await reduce(rest.length ? [...tops, await reduce(rest)] : tops)));
    }
    return log.roots.get(size);
  }

  // ---- files of the site ----
  async function read(path) {
    const answer = await fetch(path, { cache: "no-store" });
    if (!answer.ok) { fail(path + " cannot be read: the server answers " + answer.status); }
    return new Uint8Array(await answer.arrayBuffer());
  }
  async function readJSON(path) {
    const text = decode(await read(path));
    try { return JSON.parse(text); } catch { return fail(path + " is not JSON"); }
  }
  function tilePath(level, index, width) {
    let groups = String(index % 1000).padStart(3, "0");
    for (let n = Math.floor(index / 1000); n; n = Math.floor(n / 1000)) {
      groups = "x" + String(n % 1000).padStart(3, "0") + "/" + groups;
    }
    return "log/tile/" + level + "/" + groups + (width < WIDTH ? ".p/" + width : "");
  }

  // ---- keys, notes, signatures (C2SP signed-note, tlog-cosignature) ----
  async function keyOf(line) {
    const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(line.trim());
    if (!parts) { fail("this is no key, wanted one line name+8 digits+key: " + line.slice(0, 60)); }
    const packed = bytesOf(parts[3]);
    const id = (await sha256(joined(encode(parts[1] + "\n"), packed))).slice(0, 4);
    if (hex(id) !== parts[2]) { fail("the key " + parts[1] + "+" + parts[2] + " was mistyped: its number does not fit"); }
    return { name: parts[1], id, kind: packed[0], raw: packed.slice(1), line: line.trim() };
  }
  function checkpointOf(text) {
    const lines = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+\/]{43}=)(\n|$)/.exec(text);
    if (!lines) { fail("wanted name, number of records and root, a line each"); }
    return { origin: lines[1], size: Number(lines[2]), root: hex(bytesOf(lines[3])) };
  }
  function noteOf(bytes) {
    const whole = decode(bytes), cut = whole.lastIndexOf("\n\n");
    if (cut < 0) { fail("log/checkpoint is not signed"); }
    const signatures = whole.slice(cut + 2).split("\n").filter(Boolean).map((line) => {
      const parts = /^\u2014 (\S+) (\S+)$/.exec(line);
      if (!parts) { fail("log/checkpoint: a signature line has another form"); }
      const packed = bytesOf(parts[2]);
      return { name: parts[1], id: packed.slice(0, 4), blob: packed.slice(4) };
    });
    return { text: whole.slice(0, cut + 1), signatures };
  }
  async function signed(key, note) {
    const mine = note.signatures.filter((one) => one.name === key.name && same(one.id, key.id));
    for (const one of mine) {
      let text = note.text, signature = one.blob;
      if (key.kind === COSIGNATURE) {
        const time = new DataView(one.blob.buffer, one.blob.byteOffset).getBigUint64(0);
        text = "cosignature/v1\ntime " + time + "\n" + text;
        signature = one.blob.slice(8);
      }
      const made = await crypto.subtle.importKey("raw", key.raw, { name: "Ed25519" }, false, ["verify"]);
      if (!await crypto.subtle.verify({ name: "Ed25519" }, made, signature, encode(text))) {
        fail("the signature by " + key.name + "+" + hex(key.id) + " is false");
      }
    }
    return mine.length > 0;
  }
  const canEd25519 = () => crypto.subtle.importKey("raw", new Uint8Array(32), { name: "Ed25519" }, false, ["verify"])
    .then(() => true, () => false);

  async function begin(log) {
    log.note = noteOf(await read("log/checkpoint"));
    log.checkpoint = checkpointOf(log.note.text);
    log.site = await readJSON("site.json");
    return ["PASS", "log/checkpoint: the log " + log.checkpoint.origin + ", " + many(log.checkpoint.size) + " records"];
  }
  async function checkSignature(log, typed) {
    const lines = typed || decode(await read("log/keys.txt"));
    const keys = await Promise.all(lines.split("\n").filter((line) => line.trim()).map(keyOf));
    const usable = keys.filter((key) => key.kind === ED25519 && key.name === log.checkpoint.origin);
    if (!log.ed25519) { return ["OPEN", NO_ED25519]; }
    const by = [];
    for (const key of usable) { if (await signed(key, log.note)) { by.push(key.name + "+" + hex(key.id)); } }
    if (!by.length) { fail("log/checkpoint is not signed by " + (typed ? "your key" : "a key of log/keys.txt")); }
    return ["PASS", "log/checkpoint is signed by " + by.join(", ") + (typed ? ", the key you gave"
      : ". The key came from this site: type the one you have from somebody else")];
  }
  async function checkWitnesses(log) {
    if (!log.site.witness_policy) { return ["OPEN", "not yet witnessed: this site was made without a policy on witnesses"]; }
    const met = new Map(), groups = new Set();
    let quorum = "";
    for (const line of decode(await read("log/witness-policy.txt")).split("\n")) {
      const [word, ...rest] = line.trim().split(/[ \t]+/);
      if (word === "witness") {
        const key = await keyOf(rest[1]);
        met.set(rest[0], key.kind === COSIGNATURE && log.ed25519 && await signed(key, log.note));
      } else if (word === "group") {
        const members = rest.slice(2), n = rest[1] === "all" ? members.length : rest[1] === "any" ? 1 : Number(rest[1]);
        groups.add(rest[0]);
        met.set(rest[0], members.filter((name) => met.get(name)).length >= n);
      } else if (word === "quorum") { quorum = rest[0]; }
    }
    const names = [...met.keys()].filter((name) => met.get(name) && !groups.has(name)).join(", ") || "nobody";
    if (quorum === "none") { return ["OPEN", "not witnessed: the policy asks for no witness"]; }
    const by = "cosigned by " + names + " (log/witness-policy.txt; ML-DSA cosignatures are not checked in browsers)";
    return met.get(quorum) ? ["PASS", "the quorum " + quorum + " is met: " + by] : ["OPEN", "not yet witnessed: the quorum " + quorum + " is not met; " + by];
  }

  // ---- records, tiles, root ----
  function recordsOf(bundle, path, width) {
    const found = [];
    for (let at = 0; at < bundle.length;) {
      const length = at + 2 <= bundle.length ? bundle[at] * 256 + bundle[at + 1] : Infinity;
      if (at + 2 + length > bundle.length) { fail(path + " is cut short"); }
      found.push(bundle.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    if (found.length !== width) { fail(path + " holds " + found.length + " records, wanted " + width); }
    return found;
  }
  async function compareTile(level, index, hashes) {
    const path = tilePath(level, index, hashes.length), tile = await read(path);
    if (tile.length !== hashes.length * HASH) { fail(path + " has another length than it must have"); }
    for (let at = 0; at < hashes.length; at++) {
      if (!same(hashes[at], tile.subarray(at * HASH, (at + 1) * HASH))) {
        fail(level ? path + " does not follow from the tiles below it"
          : "record " + (index * WIDTH + at) + " is not the one that was hashed (" + path + "): it was changed");
      }
    }
  }
  async function checkRecords(log, progress) {
    const size = log.checkpoint.size;
    for (let start = 0; start < size; start += WIDTH) {
      const width = Math.min(WIDTH, size - start), path = tilePath("entries", start / WIDTH, width);
      const records = recordsOf(await read(path), path, width);
      const hashes = await Promise.all(records.map(leafHash));
      await compareTile(0, start / WIDTH, hashes);
      hashes.forEach((hash) => log.leaves.push(hash));
      for (const record of records) {
        const { sealed, text, ...needed } = JSON.parse(decode(record)); // commitments and laws fill memory, and count nothing
        log.events.push(needed);
      }
      if (width === WIDTH) { log.levels[1].push(await reduce(hashes)); }
      progress(start + width, size);
    }
    for (let level = 1; log.levels[level].length; level++) {
      const below = log.levels[level], above = [];
      for (let at = 0; at < below.length; at += WIDTH) {
        const hashes = below.slice(at, at + WIDTH);
        await compareTile(level, at / WIDTH, hashes);
        if (hashes.length === WIDTH) { above.push(await reduce(hashes)); }
      }
      log.levels[level + 1] = above;
    }
    const root = await rootAt(log, size);
    if (root !== log.checkpoint.root) { fail("the records lead to root " + root + ", the checkpoint says " + log.checkpoint.root); }
    log.whole = true;
    return ["PASS", many(size) + " records, every hash and every tile lead to the root " + root];
  }
  async function checkKept(log, typed) {
    const kept = checkpointOf(typed.trim() + "\n");
    if (kept.origin !== log.checkpoint.origin) { fail("your checkpoint is of the log " + kept.origin); }
    if (kept.size > log.checkpoint.size) {
      fail("your checkpoint covers " + many(kept.size) + " records, this log shows " + many(log.checkpoint.size) + ": records were removed");
    }
    const root = await rootAt(log, kept.size);
    if (root !== kept.root) { fail("the first " + many(kept.size) + " records are not those of your checkpoint: the history was rewritten"); }
    return ["PASS", "your checkpoint of " + many(kept.size) + " records is the beginning of this log"];
  }
  async function checkOrder(log) {
    const open = new Map(), answered = new Set();
    let latest = 0;
    log.events.forEach((one, at) => {
      if (one.seq !== at) { fail("record " + at + " is numbered " + one.seq + ": one was dropped, moved or put in"); }
      const time = Date.parse(one.time);
      if (time < latest - MAX_SKEW_MS) { fail("record " + at + " is dated before an earlier one"); }
      latest = Math.max(latest, time);
      if (one.kind === "intent") { open.set(at, one.search_id); }
      if (one.kind === "result") {
        if (answered.has(one.intent)) { fail("record " + at + " is a second result of record " + one.intent); }
        if (!open.has(one.intent) || open.get(one.intent) !== one.search_id) { fail("record " + at + " answers no request"); }
        open.delete(one.intent);
        answered.add(one.intent);
      }
    });
    const gaps = [...open.keys()];
    return ["PASS", "records stand in order, and every result answers one request; requests without a result: "
      + (gaps.length ? gaps.slice(0, 10).join(", ") + (gaps.length > 10 ? " and more" : "") + " (broken off, or under way)" : "none")];
  }

  // ---- reports: counted again from the public part of the records (recount.js) ----
  async function checkReport(log, path) {
    const report = await readJSON(path), state = report.log;
    log.reports.set(path, report);
    if (state.origin !== log.checkpoint.origin || state.size > log.checkpoint.size || state.root !== await rootAt(log, state.size)) {
      fail(path + " was not made from this log");
    }
    if (!Object.hasOwn(RECOUNTED, report.name)) {
      log.uncounted[report.needs_openings ? "sealed" : "open"].push(path.slice(8));
      return null;
    }
    const expected = RECOUNTED[report.name](log.events.slice(0, state.size), report.period);
    for (const [name, numbers] of expected) {
      const table = report.tables.find((one) => one.name === name) || fail(path + " has no table " + name);
      const first = table.columns.length - numbers("").length, seen = new Set();
      for (const row of table.rows) {
        const key = row.slice(0, first).join(" / "), wanted = numbers(key);
        seen.add(key);
        row.slice(first).forEach((cell, at) => cell === wanted[at] || fail(path + ": table " + name + ", " + key + ", "
          + table.columns[first + at] + ": the report says " + cell + ", the log gives " + wanted[at]));
      }
      numbers().forEach((key) => seen.has(key) || fail(path + ": table " + name + " leaves out " + key));
    }
    return ["PASS", path + ": " + [...expected.keys()].join(", ") + " counted again from the log, and the same"];
  }

  // ---- pages: what is shown is what stands in the report's file ----
  const shown = (cell) => cell === null ? "not recorded" : typeof cell === "number" ? many(cell) : cell;
  const words = (text) => text.replace(/\s+/g, " ").trim();
  function tableOf(log, source) {
    const [stem, name] = source.split("/");
    const report = log.reports.get("reports/" + stem + ".json") || fail("no report " + stem);
    return report.tables.find((one) => one.name === name) || fail("no table " + source);
  }
  async function checkPage(log, path) {
    const page = new DOMParser().parseFromString(decode(await read(path)), "text/html");
    const tables = page.querySelectorAll("table[data-table]"), cells = page.querySelectorAll("[data-cell]");
    for (const one of tables) {
      const table = tableOf(log, one.dataset.table), rows = [...one.tBodies[0].rows];
      const found = rows.map((row) => [...row.cells].map((cell) => words(cell.textContent)));
      const wanted = table.rows.map((row) => row.map((cell) => words(shown(cell))));
      if (JSON.stringify(found) !== JSON.stringify(wanted)) { fail(path + " shows other numbers than the file: table " + table.name); }
    }
    for (const one of cells) {
      const [, , row, column] = one.dataset.cell.split("/"), table = tableOf(log, one.dataset.cell);
      const found = table.rows.filter((cells) => row === "*" || cells[0] === row).map((cells) => cells[table.columns.indexOf(column)]);
      const whole = found.every((cell) => typeof cell === "number");
      const wanted = whole ? found.reduce((n, cell) => n + cell, 0) : found.length === 1 ? found[0] : null;
      if (words(one.textContent) !== words(shown(wanted))) { fail(path + " shows " + one.textContent + " for " + one.dataset.cell + ", the file gives " + shown(wanted)); }
    }
    return tables.length + cells.length;
  }
  async function checkPages(log) {
    const stems = log.site.reports.map((one) => "reports/" + one.file + ".html");
    for (const path of ["index.html", ...stems]) {
      if (!await checkPage(log, path)) { fail(path + " shows no numbers"); }
    }
    return ["PASS", "the overview and " + stems.length + " pages show the numbers of the reports' files"];
  }

  // ---- the page itself ----
  async function run(typedKey, typedCheckpoint, say, progress) {
    const log = { leaves: [], levels: [[], []], events: [], roots: new Map(), reports: new Map(),
      uncounted: { open: [], sealed: [] }, whole: false, ed25519: await canEd25519() };
    const counts = { PASS: 0, FAIL: 0, OPEN: 0 };
    const check = async (make) => {
      let result;
      try { result = await make(); } catch (error) { result = ["FAIL", error.message]; }
      if (!result) { return true; }
      counts[result[0]] += 1;
      say(...result);
      return result[0] !== "FAIL";
    };
    if (!await check(() => begin(log))) { return counts; }
    await check(() => checkSignature(log, typedKey));
    await check(() => checkWitnesses(log));
    await check(() => checkRecords(log, progress));
    if (!log.whole) {
      say("OPEN", "the rest was not checked: it follows from the records, and they do not hold");
      return counts;
    }
    if (typedCheckpoint) { await check(() => checkKept(log, typedCheckpoint)); }
    await check(() => checkOrder(log));
    for (const one of log.site.reports) { await check(() => checkReport(log, "reports/" + one.file + ".json")); }
    const { open, sealed } = log.uncounted;
    if (open.length) { await check(() => ["OPEN", "made from this log, and counted again by facegate report verify only: " + open.join(", ")]); }
    if (sealed.length) { await check(() => ["OPEN", "made from this log; sealed fields were read, so only its keeper or an auditor counts again: " + sealed.join(", ")]); }
    await check(() => checkPages(log));
    return counts;
  }
  function say(word, text) {
    const [line, first, rest] = ["li", "span", "span"].map((tag) => document.createElement(tag));
    [line.className, first.className] = [word.toLowerCase(), "word"];
    [first.textContent, rest.textContent] = [word + " ", text];
    line.append(first, rest);
    byId("found").append(line);
  }
  function progress(done, total) {
    byId("bar").max = total;
    byId("bar").value = done;
    byId("said").textContent = many(done) + " of " + many(total) + " records checked";
  }
  async function start(event) {
    event.preventDefault();
    byId("start").disabled = true;
    byId("results-section").hidden = false;
    byId("found").textContent = byId("said").textContent = "";
    byId("verdict").textContent = "Checking …";
    const counts = await run(byId("key").value.trim(), byId("kept").value.trim(), say, progress);
    byId("verdict").textContent = counts.FAIL ? "FAIL: " + counts.FAIL + " of the checks found something wrong."
      : "PASS: nothing wrong was found. " + counts.PASS + " checks passed, " + counts.OPEN + " cannot be made here.";
    byId("start").disabled = false;
  }
  const why = location.protocol === "file:" ? "This page was opened from a file, and browsers let such pages read nothing. Start a server in its folder (python3 -m http.server) and open http://127.0.0.1:8000/verify.html, or use the commands below."
    : !(window.crypto && crypto.subtle) ? "Browsers give the means to check only to pages that come over https or from this machine. Use the commands below." : "";
  if (why) {
    byId("results-section").hidden = false;
    byId("bar").hidden = true;
    byId("verdict").textContent = why;
    return;
  }
  byId("form").hidden = false;
  byId("form").addEventListener("submit", start);
}());
