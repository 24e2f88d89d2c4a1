// The flow of the page: read, choose, estimate, show. All state is in `state` and in the fields; closing the page ends it.

import { announce, clearProblem, showProblem, showProgress } from "./feedback.js";
import { forgetReport, reportShown, save, showReport } from "./report.js";
import { Problem, post, problem } from "./requests.js";
import { anyoneChosen, chosenSpeakers, firstChoice, forgetSpeakers, pick, showRead } from "./speakers.js";
import { build, data, language, number, say, speak } from "./words.js";

const find = (id) => document.getElementById(id);
const [pasted, purpose, consent] = ["pasted", "purpose", "consent"].map(find);
const BYTES_PER_MB = 1_000_000;
const PLACES = ["talk", "speaker", "purpose", "consent", "estimate", "report"];

// files: chosen or dropped; read: the answer of page/read for exactly these files and this text; asked: what the report
// shown was asked with; work: what is under way.
const state = { files: [], read: null, asked: null, work: null };

function sourceForm() {
  const form = new FormData();
  for (const file of state.files) form.append("files", file, file.name);
  if (pasted.value.trim()) form.append("text", pasted.value);
  form.append("format", find("format").value);
  form.append("lang", language());
  return form;
}

// Sends a form with a sign of progress; answers null if it was cancelled or failed (then the problem is shown).
async function work(path, form, place, words) {
  state.work?.abort();
  const controller = new AbortController();
  state.work = controller;
  clearProblem(...PLACES);
  const focused = document.activeElement;
  const done = showProgress(place, words, () => {
    controller.abort();
    announce(say("cancelled"));
    focused.focus();
  });
  try {
    await checkFiles();
    return await post(path, form, controller.signal);
  } catch (error) {
    if (error.name !== "AbortError" && state.work === controller) {
      if (place === "talk" && error.serverWords) find("format-choice").open = true; // its mend may be to choose here
      showProblem(place, error);
    }
    return null;
  } finally {
    done();
    if (state.work === controller) state.work = null;
  }
}

// A file that has gone or changed since it was chosen would only look like a server that does not answer.
async function checkFiles() {
  for (const file of state.files) {
    await file.slice(0, 1).arrayBuffer().catch(() => { throw problem("unreadable_file", { name: file.name }); });
  }
}

// What was read no longer matches what is entered: the later steps go.
function forgetRead() {
  state.work?.abort();
  state.read = null;
  forgetSpeakers();
  forgetReport();
  for (const step of ["step-speaker", "step-purpose", "step-report"]) find(step).hidden = true;
}

async function read() {
  forgetRead();
  clearProblem(...PLACES);
  const size = state.files.reduce((sum, file) => sum + file.size, 0) + new Blob([pasted.value]).size;
  if (!state.files.length && !pasted.value.trim()) return showProblem("talk", problem("no_text"), pasted);
  if (size > data.max_bytes) {
    return showProblem("talk", problem("too_big", { size: (size / BYTES_PER_MB).toFixed(1) }));
  }
  if (state.files.length > data.max_files) return showProblem("talk", problem("too_many"));
  const answer = await work("page/read", sourceForm(), "talk", say("reading"));
  if (!answer) return;
  state.read = answer;
  showRead(answer);
  find("step-speaker").hidden = find("step-purpose").hidden = false;
  showConsentWords();
  announce(say("read_done", { n: number(answer.n_utterances), speakers: number(answer.speakers.length) }));
  find("speaker-title").focus({ preventScroll: true });
  find("step-speaker").scrollIntoView();
}

// The first field that still needs something, as [place, problem, field]; null when all is there.
function findMissing() {
  const [first, second] = chosenSpeakers();
  if (!anyoneChosen()) return ["speaker", problem("no_speaker"), firstChoice()];
  if (first === second) return ["speaker", problem("same_speaker"), find("with")];
  if (!purpose.value) return ["purpose", problem("no_purpose"), purpose];
  if (purposeForbidden()) return ["purpose", forbidden(), purpose];
  if (!consent.checked) return ["consent", problem("no_consent"), consent];
  return null;
}

function purposeForbidden() {
  return data.forbidden.includes(purpose.value);
}

function forbidden() {
  const sentences = [say(`reason_${purpose.value}`), say("forbidden_mend")];
  return new Problem(say("forbidden_title"), sentences.join(language() === "ja" ? "" : " "));
}

async function estimate() {
  if (state.work) return;
  clearProblem(...PLACES);
  const missing = findMissing();
  if (missing) return showProblem(...missing);
  if (!(await makeReport("estimate", question()))) return;
  find("report-title").focus({ preventScroll: true });
  find("step-report").scrollIntoView();
}

// What the fields say now: a report keeps what it was asked with, whatever is chosen after it.
function question() {
  const names = chosenSpeakers().map((index) => state.read.speakers[index].name);
  const extras = ["trend", "radar"].filter((option) => find(`with-${option}`).checked);
  return { speakers: JSON.stringify(names), purpose: purpose.value, consent: "yes", extras };
}

async function makeReport(place, asked) {
  const form = sourceForm();
  const { extras, ...fields } = asked;
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const option of extras) form.append(option, "yes");
  const button = find("estimate");
  button.setAttribute("aria-disabled", "true");
  const answer = await work("page/report", form, place, say("estimating"));
  if (!state.work) button.removeAttribute("aria-disabled");
  if (!answer) return false;
  if (form.get("lang") !== language()) return makeReport(place, asked); // switched while it was under way
  state.asked = asked;
  find("step-report").hidden = false;
  await showReport(answer);
  announce(say("report_done"));
  return true;
}

function showFiles() {
  const rows = state.files.map((file, index) => {
    const button = build("button", "link", say("remove"));
    button.type = "button";
    button.setAttribute("aria-label", say("remove_file", { name: file.name }));
    button.addEventListener("click", () => removeFile(index));
    return build("li", "", build("bdi", "", file.name), button);
  });
  find("chosen-files").replaceChildren(...rows);
  find("chosen-files").hidden = !rows.length;
  find("example-offer").hidden = rows.length > 0;
}

function addFiles(files) {
  if (!files.length) return;
  state.files.push(...files);
  find("example-note").hidden = true;
  showFiles();
  read();
}

function removeFile(index) {
  state.files.splice(index, 1);
  find("example-note").hidden = true;
  showFiles();
  find("files").focus();
  if (state.files.length) read();
  else forgetRead();
}

// One click from nothing to a report: a fictional talk, one of its speakers, and a purpose that is allowed.
async function tryExample() {
  const response = await fetch("static/example_line.txt").catch(() => null);
  if (!response?.ok) return showProblem("talk", problem("no_server"));
  pasted.value = "";
  state.files = [new File([await response.blob()], say("example_file"))];
  find("format").value = "";
  showFiles();
  find("example-note").hidden = false;
  await read();
  if (!state.read) return;
  pick([state.read.speakers.findIndex((speaker) => speaker.name === data.example_speaker)]);
  purpose.value = data.example_purpose;
  consent.checked = true;
  await estimate();
}

function showConsentWords() {
  const key = chosenSpeakers().length > 1 ? "consent_two" : "consent";
  find("consent-label").dataset.text = key;
  find("consent-label").textContent = say(key);
}

// Consent is a person's: it does not pass on to the next one chosen.
function askAgain() {
  clearProblem("speaker");
  consent.checked = false;
  showConsentWords();
}

async function changeLanguage(chosen) {
  if (chosen === language()) return;
  speak(chosen);
  clearProblem(...PLACES);
  showFiles();
  if (state.read) showRead(state.read);
  if (purposeForbidden()) {
    const focused = document.activeElement;
    showProblem("purpose", forbidden(), purpose);
    focused.focus({ preventScroll: true });
  }
  if (reportShown()) await makeReport("report", state.asked);
}

function listen(id, type, action) {
  find(id).addEventListener(type, action);
}

listen("files", "change", (event) => { addFiles([...event.target.files]); event.target.value = ""; });
listen("read", "click", read);
listen("example", "click", tryExample);
listen("estimate", "click", estimate);
listen("print", "click", () => window.print());
listen("pasted", "input", () => { clearProblem("talk"); if (state.read) forgetRead(); });
listen("format", "change", () => { if (state.files.length || pasted.value.trim()) read(); });
for (const id of ["speakers", "with"]) listen(id, "change", askAgain);
listen("purpose", "change", () => { clearProblem("purpose"); if (purposeForbidden()) showProblem("purpose", forbidden(), purpose); });
listen("consent", "change", () => clearProblem("consent"));
for (const button of document.querySelectorAll("[data-lang]")) {
  button.addEventListener("click", () => changeLanguage(button.dataset.lang));
}
for (const button of document.querySelectorAll("[data-save]")) {
  button.addEventListener("click", () => save(button.dataset.save));
}

// A file may be dropped anywhere: beside the box the browser would open it and leave the page.
const root = document.documentElement;
document.addEventListener("dragover", (event) => { event.preventDefault(); root.classList.add("drop-over"); });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) root.classList.remove("drop-over"); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  root.classList.remove("drop-over");
  addFiles([...event.dataTransfer.files]);
});
