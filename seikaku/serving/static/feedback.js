// What the page tells while it works and when something is wrong. Each place in the page has its own box.

import { Problem } from "./requests.js";
import { build, say, number } from "./words.js";

const APPEAR_MS = 300;
const find = (id) => document.getElementById(id);

// Says it to a screen reader, without moving anything.
export function announce(words) {
  find("status").textContent = words;
}

// Shows a problem at `place`, marks the field that it concerns, and takes the reader there.
export function showProblem(place, found, field = null) {
  if (!(found instanceof Problem)) throw found; // a fault of this page: the console must say so
  const box = find(`${place}-problem`);
  const what = build("p", "what", found.what);
  const mend = build("p", "", found.mend);
  what.lang = mend.lang = found.lang;
  box.replaceChildren(what, mend);
  box.hidden = false;
  field?.setAttribute("aria-invalid", "true");
  (field ?? box).focus();
  box.scrollIntoView({ block: "nearest" });
}

export function clearProblem(...places) {
  for (const place of places) {
    const box = find(`${place}-problem`);
    box.hidden = true;
    box.replaceChildren();
    for (const field of document.querySelectorAll(`[aria-describedby~="${box.id}"][aria-invalid]`)) {
      field.removeAttribute("aria-invalid");
    }
  }
}

// Shows that work goes on, for how long, and a way out; returns a function that takes it away.
// What takes no time shows nothing: a bar that flashes only moves the page about.
export function showProgress(place, words, cancel) {
  const box = find(`${place}-progress`);
  const label = build("span", "", words);
  const bar = build("progress");
  bar.setAttribute("aria-label", words);
  const seconds = build("span", "note");
  const button = build("button", "button", say("cancel"));
  button.type = "button";
  button.addEventListener("click", cancel);
  box.replaceChildren(label, bar, seconds, button);
  announce(words);
  const started = Date.now();
  const appear = setTimeout(() => { box.hidden = false; }, APPEAR_MS);
  const clock = setInterval(() => {
    seconds.textContent = say("seconds", { n: number(Math.round((Date.now() - started) / 1000)) });
  }, 1000);
  return () => {
    clearTimeout(appear);
    clearInterval(clock);
    if (box.firstChild !== label) return; // other work shows here by now
    box.hidden = true;
    box.replaceChildren();
  };
}
