// What the reader has entered: files, folders, pasted text, a format. Out: the form that is sent, and why it cannot be.

import { countFiles } from "./intake.js";
import { problem } from "./requests.js";
import { build, data, language, number, say } from "./words.js";

const find = (id) => document.getElementById(id);
const [pasted, format] = ["pasted", "format"].map(find);
const BYTES_PER_MB = 1_000_000;
let picks = [];

export function isNothingEntered() {
  return !picks.length && !pasted.value.trim();
}

export function addToPicks(more) {
  picks.push(...more);
}

// Takes one away; says whether others are left.
export function dropPick(index) {
  picks.splice(index, 1);
  return picks.length > 0;
}

export function clearEntered() {
  picks = [];
  pasted.value = format.value = "";
}

export function sourceForm() {
  const form = new FormData();
  for (const { isFolder, files } of picks) {
    for (const { file, path } of files) form.append(isFolder ? "folder" : "files", file, path);
  }
  if (pasted.value.trim()) form.append("text", pasted.value);
  form.append("format", format.value);
  form.append("lang", language());
  return form;
}

// What cannot even be sent, as [problem, field]; null when it can.
export function findWrongSource() {
  const empty = picks.find((pick) => !pick.files.length);
  if (empty) return [problem("empty_folder", { name: empty.name, suffixes: data.suffixes.join(" ") })];
  if (isNothingEntered()) return [problem("no_text"), pasted];
  if (countFiles(picks) > data.max_files) return [problem("too_many")];
  const size = allFiles().reduce((sum, { file }) => sum + file.size, 0) + new Blob([pasted.value]).size;
  return size > data.max_bytes ? [problem("too_big", { size: (size / BYTES_PER_MB).toFixed(1) })] : null;
}

// A file that has gone or changed since it was chosen would only look like a server that does not answer.
export async function checkFiles() {
  for (const { file, path } of allFiles()) {
    await file.slice(0, 1).arrayBuffer().catch(() => { throw problem("unreadable_file", { name: path }); });
  }
}

// Lists what was chosen, each with a button that takes it away again.
export function showPicks(remove) {
  const rows = picks.map((pick, index) => {
    const button = build("button", "link", say("remove"));
    button.type = "button";
    button.setAttribute("aria-label", say("remove_file", { name: pick.name }));
    button.addEventListener("click", () => remove(index));
    const about = pick.isFolder ? [build("span", "note", folderWords(pick))] : [];
    return build("li", "", build("bdi", "", pick.name), ...about, button);
  });
  find("chosen-files").replaceChildren(...rows);
  find("chosen-files").hidden = !rows.length;
}

function allFiles() {
  return picks.flatMap((pick) => pick.files);
}

function folderWords(pick) {
  const leftOut = pick.leftOut ? say("folder_left_out", { n: number(pick.leftOut) }) : "";
  return say("folder_files", { n: number(pick.files.length) }) + leftOut;
}
