// The step where the reader sees what was read and says who is meant. In: the answer of page/read.

import { build, data, language, number, say } from "./words.js";

const MAX_CARDS = 3; // more are folded away behind their sum
const people = document.getElementById("people");
const withWhom = document.getElementById("with");

// Draws the answer in the language chosen, keeping what is already picked.
export function showRead(answer) {
  const cards = answer.files.map(sourceCard);
  const several = cards.length > MAX_CARDS ? [sumCard(answer), folded(cards)] : cards;
  if (cards.length > 1) several.push(build("p", "note", say("several_files", { n: number(cards.length) })));
  if (answer.warnings.length) several.push(notes(say("reader_notes"), answer.warnings));
  if (answer.skipped.length) several.push(skippedCard(answer.skipped));
  document.getElementById("read-files").replaceChildren(...several);
  document.getElementById("monologue").hidden = !answer.files.some((file) => file.format === "monologue" && file.pasted);
  const picked = chosenSpeakers();
  people.replaceChildren(...answer.speakers.map((speaker, index) => personRow(speaker, index)));
  const others = answer.speakers.map((speaker, index) => new Option(speaker.names[language()], index));
  withWhom.replaceChildren(new Option(say("nobody"), ""), ...others);
  document.getElementById("with-field").hidden = answer.speakers.length < 2;
  document.getElementById("alone").hidden = answer.speakers.length > 1;
  pick(answer.speakers.length === 1 ? [0] : picked);
}

// Indices into the answer's speakers: the one to estimate, and the other to compare with.
export function chosenSpeakers() {
  const first = people.querySelector(":checked")?.value;
  return [first, withWhom.value].filter((value) => value !== undefined && value !== "").map(Number);
}

export function firstChoice() {
  return people.querySelector("input");
}

export function anyoneChosen() {
  return people.querySelector(":checked") !== null;
}

export function pick([first, second]) {
  const radio = people.querySelectorAll("input")[first];
  if (radio) radio.checked = true;
  withWhom.value = withWhom.options[second + 1] ? String(second) : "";
}

export function forgetSpeakers() {
  people.replaceChildren();
  withWhom.replaceChildren();
}

function sourceCard(file) {
  const lang = language();
  const card = build("div", "source", build("p", "source-name", build("bdi", "", file.pasted ? say("pasted_name") : file.name)));
  for (const sentence of file.kept[lang]) card.append(build("p", "", sentence));
  card.append(...droppedParts(file.dropped[lang]));
  if (file.warnings.length) card.append(notes(say("reader_notes"), file.warnings));
  return card;
}

function sumCard(answer) {
  const counts = { n: number(answer.files.length), m: number(answer.n_utterances) };
  return build("div", "source", build("p", "source-name", say("sum_of_files", counts)), ...droppedParts(answer.dropped[language()]));
}

function folded(cards) {
  return build("details", "", build("summary", "", say("each_file")), ...cards);
}

function skippedCard(sentences) {
  const title = say("skipped", { n: number(sentences.length) });
  if (sentences.length <= MAX_CARDS) return notes(title, sentences);
  const box = notes("", sentences);
  box.replaceChildren(build("details", "", build("summary", "", title), ...box.children));
  return box;
}

function notes(title, sentences) {
  const lines = sentences.map((sentence) => build("li", "", sentence[language()]));
  return build("div", "notes", build("p", "", title), build("ul", "", ...lines));
}

function droppedParts(dropped) {
  if (!dropped.length) return [build("p", "note", say("nothing_dropped"))];
  const counts = dropped.map(([reason, count]) => build("div", "", build("dt", "", reason), build("dd", "", number(count))));
  return [build("p", "note", say("dropped")), build("dl", "", ...counts)];
}

function personRow(speaker, index) {
  const radio = build("input");
  Object.assign(radio, { type: "radio", name: "speaker", value: String(index) });
  radio.setAttribute("aria-describedby", "speaker-problem");
  const row = build(
    "label", "person", radio, build("bdi", "person-name", speaker.names[language()]),
    build("span", "count count-messages", say("count_messages", { n: number(speaker.n_utterances) })),
    build("span", "count count-chars", say("count_chars", { n: number(speaker.n_chars) })),
  );
  if (speaker.n_chars < data.floor_chars) {
    row.append(build("span", "too-little", say("too_little", { floor: number(data.floor_chars) })));
  }
  return row;
}
