// Counts reports again from the public part of the records, as facegate does (facegate/oversight/governance).
// By the report's name: a function of records and period that gives, by table, what its rows must hold.
"use strict";
const RECOUNTED = (function () {
  const NOT_STATED = "(not stated, or not of its form)", NOT_REGISTERED = "(not registered)";
  const IMMIGRATION = {
    "asked by an immigration authority": (one) => one.agency_class === "immigration",
    "asked for an immigration authority": (one) => one.beneficiary_class === "immigration",
    "stated purpose immigration enforcement": (one) => one.purpose === "immigration_enforcement",
    "failed a rule about immigration": (one) =>
      (one.rules || []).some((rule) => rule === "FG-IMMIGRATION" || rule === "FG-IMMIGRATION-AGENCY"),
  };
  const MADE = ["searched", "withheld"];  // the gallery was searched, be the list shown or withheld
  const within = (one, period) => one.time.slice(0, 10) >= period.first_day && one.time.slice(0, 10) <= period.last_day;

  function attemptsOf(events) {
    const found = new Map();
    for (const one of events) {
      const attempt = found.get(one.search_id);
      if (one.kind === "intent") { found.set(one.search_id, { intent: one, result: null, steps: [] }); }
      else if (attempt && one.kind === "result") { attempt.result = one; }
      else if (attempt && one.decision !== "refused") { attempt.steps.push(one); }
    }
    return [...found.values()].map((one) => {
      const ended = one.result ? one.result.outcome : "no result";
      return { ...one, outcome: ended.startsWith("unusable probe") ? "unusable probe" : ended,
        shown: ended === "searched" ? one.result.n_candidates : 0 };
    });
  }
  function countSearches(mine) {
    return [mine.length, mine.filter((one) => one.intent.decision === "refused").length,
      mine.filter((one) => MADE.includes(one.outcome)).length, mine.filter((one) => one.outcome === "withheld").length,
      mine.filter((one) => one.shown > 0).length,
      mine.reduce((n, one) => n + one.shown, 0)];
  }
  // Gives the numbers of a row by its first cells; without any, the first cells that must be there.
  function grouped(all, keysOf, count) {
    const groups = new Map();
    for (const one of all) { for (const key of keysOf(one)) { groups.has(key) ? groups.get(key).push(one) : groups.set(key, [one]); } }
    return (key) => key === undefined ? [...groups.keys()] : count(groups.get(key) || []);
  }
  function expectedSearches(events, period) {
    const found = attemptsOf(events).filter((one) => within(one.intent, period)), expected = new Map();
    for (const field of ["agency", "agency_class", "offense_class", "purpose", "channel"]) {
      expected.set("searches-by-" + field.replaceAll("_", "-"), grouped(found, (one) => [one.intent[field] || NOT_STATED], countSearches));
    }
    expected.set("outcomes", grouped(found, (one) => [one.outcome], (mine) => [mine.length]));
    expected.set("refusals-by-rule", grouped(found, (one) => one.intent.rules || [], (mine) => [mine.length]));
    return expected;
  }
  function expectedDisclosures(events, period) {
    const states = new Map(), galleries = new Map(), then = new Map(), released = new Set();
    for (const one of events) {
      if (one.kind === "gallery") { states.set(one.gallery, one.state || ""); }
      if (one.kind === "intent") { galleries.set(one.search_id, one.gallery); }
      if (one.kind === "dossier" && one.stage === "released") { released.add(one.asked); }
      then.set(one.seq, states.has(galleries.get(one.search_id)) ? states.get(galleries.get(one.search_id)) : NOT_REGISTERED);
    }
    const stateOf = (one) => then.get(one.seq);  // as the gallery was registered when the request was made
    const images = attemptsOf(events).filter((one) => within(one.intent, period));
    const records = events.filter((one) => one.kind === "dossier" && one.stage === "asked" && within(one, period));
    const asked = [...images.map((one) => ({ image: one, about: one.intent })), ...records.map((one) => ({ record: one, about: one }))];
    const count = (mine) => {
      const searches = mine.flatMap((one) => one.image || []), files = mine.flatMap((one) => one.record || []);
      return [searches.length, searches.filter((one) => one.intent.decision === "refused").length,
        searches.filter((one) => MADE.includes(one.outcome)).length,
        searches.filter((one) => one.steps.some((step) => step.kind === "release")).length,
        files.length, files.filter((one) => one.decision === "refused").length, files.filter((one) => released.has(one.seq)).length];
    };
    const byClass = (one) => [(one.about.agency_class || NOT_REGISTERED) + " / " + stateOf(one.about)];
    const about = (one) => Object.keys(IMMIGRATION).filter((what) => IMMIGRATION[what](one.about)).map((what) => what + " / " + stateOf(one.about));
    return new Map([["requests-and-disclosures", grouped(asked, byClass, count)], ["immigration", grouped(asked, about, count)]]);
  }
  return { "searches": expectedSearches, "nlets-disclosure": expectedDisclosures };
}());
