// The step where the reader sees what was read and says who is meant. In: the answer of page/read.

import { build, data, language, number, say } from "./words.js";

const people = document.getElementById("people");
const withWhom = document.getElementById("with");

// Draws the answer in the language chosen, keeping what is already picked.
export function showRead(answer) {
  const lang = language();
  const cards = answer.files.map((file) => sourceCard(file, lang));
  if (cards.length > 1) cards.push(build("p", "note", say("several_files", { n: number(cards.length) })));
  document.getElementById("read-files").replaceChildren(...cards);
  const picked = chosenSpeakers();
  people.replaceChildren(...answer.speakers.map((speaker, index) => personRow(speaker, index)));
  withWhom.replaceChildren(new Option(say("nobody"), ""), ...answer.speakers.map((s, i) => new Option(s.name, i)));
  document.getElementById("with-field").hidden = answer.speakers.length < 2;
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

function sourceCard(file, lang) {
  const card = build("div", "source", build("p", "source-name", build("bdi", "", file.pasted ? say("pasted_name") : file.name)));
  for (const sentence of file.kept[lang]) card.append(build("p", "", sentence));
  const dropped = file.dropped[lang];
  if (dropped.length) {
    const counts = dropped.map(([reason, count]) => build("div", "", build("dt", "", reason), build("dd", "", number(count))));
    card.append(build("p", "note", say("dropped")), build("dl", "", ...counts));
  } else {
    card.append(build("p", "note", say("nothing_dropped")));
  }
  if (file.warnings.length) {
    const lines = file.warnings.map((warning) => build("li", "", warning));
    for (const line of lines) line.lang = "ja";
    card.append(build("div", "notes", build("p", "", say("reader_notes")), build("ul", "", ...lines)));
  }
  return card;
}

function personRow(speaker, index) {
  const radio = build("input");
  Object.assign(radio, { type: "radio", name: "speaker", value: String(index) });
  radio.setAttribute("aria-describedby", "speaker-problem");
  const row = build(
    "label", "person", radio, build("bdi", "person-name", speaker.name),
    build("span", "count count-messages", say("count_messages", { n: number(speaker.n_utterances) })),
    build("span", "count count-chars", say("count_chars", { n: number(speaker.n_chars) })),
  );
  if (speaker.n_chars < data.floor_chars) {
    row.append(build("span", "too-little", say("too_little", { floor: number(data.floor_chars) })));
  }
  return row;
}
