// The person's own answers to the Mini-IPIP beside the text's estimate: two scales, never put together. All of it is
// worked out here; nothing is sent, saved or printed.

import { clearProblem, showProblem } from "./feedback.js";
import { Problem } from "./requests.js";
import { build, data, language, number, say } from "./words.js";

const find = (id) => document.getElementById(id);
const [MIN, MAX] = [1, 5];
let results = [];

// Offers the questions for these people, the JSON results of a report; a fictional person has no answers of its own.
export function offerQuestions(people, { isSample }) {
  results = people;
  find("self").hidden = isSample;
  const chosen = find("self-who").value;
  find("self-who").replaceChildren(...people.map((one, index) => new Option(one.speaker, index)));
  find("self-who").value = people[chosen] ? chosen : "0";
  find("self-who-field").hidden = people.length < 2;
  if (!find("self-result").hidden) draw();
}

// The answers are one person's: they go with the person.
export function forgetAnswers() {
  for (const answer of document.querySelectorAll("#self-items :checked")) answer.checked = false;
  find("self-result").hidden = true;
  find("self").open = false;
  clearProblem("self");
}

// The mean of a trait's items from 1 to 5, those keyed against the trait turned round; null unless all are answered.
export function ownMeans(answers) {
  const means = {};
  for (const trait of data.traits) {
    const values = data.items.flatMap((item, index) => {
      if (item.trait !== trait) return [];
      return [answers[index] && (item.keyed > 0 ? answers[index] : MIN + MAX - answers[index])];
    });
    means[trait] = values.every(Boolean) ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
  }
  return means;
}

function readAnswers() {
  return data.items.map((_, index) => Number(document.querySelector(`[name=self-${index + 1}]:checked`)?.value ?? 0));
}

function show() {
  clearProblem("self");
  const missing = readAnswers().flatMap((answer, index) => (answer ? [] : [index + 1]));
  if (missing.length) {
    const first = document.querySelector(`[name=self-${missing[0]}]`);
    const what = say("self_missing", { n: number(missing.length) });
    showProblem("self", new Problem(what, say("self_missing_mend")));
    first.focus();
    return;
  }
  draw();
  find("self-title").focus({ preventScroll: true });
  find("self-result").scrollIntoView({ block: "nearest" });
}

function draw() {
  const chosen = results[Number(find("self-who").value)];
  const means = ownMeans(readAnswers());
  find("self-title").textContent = say("self_title", { name: chosen.speaker });
  find("self-rows").replaceChildren(...data.traits.map((trait) => row(trait, means[trait], chosen.traits[trait])));
  find("self-result").hidden = false;
}

function row(trait, mean, estimate) {
  const name = build("th", "", say(`trait_${trait}`));
  name.scope = "row";
  const own = build("td", "own", build("span", "figure", mean === null ? "–" : mean.toFixed(2)), scale(mean));
  own.dataset.column = say("self_own");
  const text = build("td", "of-text", build("span", "figure", textFigure(estimate)));
  text.append(build("span", "status", say(`status_${estimate.status}`)));
  text.dataset.column = say("self_text");
  return build("tr", "", name, own, text);
}

// A line from 1 to 5 with the mean on it.
function scale(mean) {
  const line = build("span", "scale");
  line.setAttribute("aria-hidden", "true");
  if (mean !== null) {
    const dot = build("span", "dot");
    dot.style.left = `${((mean - MIN) / (MAX - MIN)) * 100}%`;
    line.append(dot);
  }
  return line;
}

function textFigure(estimate) {
  if (estimate.t_score === null) return "–";
  const { low_t: low, high_t: high } = estimate.interval_80;
  const to = language() === "ja" ? "～" : " to ";
  return `${estimate.t_score.toFixed(1)} (${low.toFixed(0)}${to}${high.toFixed(0)})`;
}

find("self-show").addEventListener("click", show);
find("self-clear").addEventListener("click", () => { forgetAnswers(); find("self").open = true; find("self-1-1").focus(); });
find("self-who").addEventListener("change", () => { if (!find("self-result").hidden) draw(); });
find("self-items").addEventListener("change", () => {
  clearProblem("self");
  if (!find("self-result").hidden) draw();
});
