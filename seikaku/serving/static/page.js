// The flow of the page: read, choose, estimate, show. All state is in `state` and in the fields; closing the page ends it.

import { addToPicks, checkFiles, clearEntered, dropPick, findWrongSource, isNothingEntered, showPicks, sourceForm } from "./entered.js";
import { announce, clearProblem, showProblem, showProgress } from "./feedback.js";
import { pickDropped, pickFiles, pickFolder, takeDrops } from "./intake.js";
import { forgetAnswers, offerQuestions } from "./questionnaire.js";
import { forgetReport, reportShown, save, showReport, shownResults } from "./report.js";
import { Problem, post, problem } from "./requests.js";
import { anyoneChosen, chosenSpeakers, firstChoice, forgetSpeakers, pick, showRead } from "./speakers.js";
import { data, language, number, say, speak } from "./words.js";

const find = (id) => document.getElementById(id);
const [pasted, purpose, consent, format] = ["pasted", "purpose", "consent", "format"].map(find);
const PLACES = ["talk", "speaker", "purpose", "consent", "estimate", "report", "self"];
const EXTRAS = ["trend", "radar"];

// read: the answer of page/read for exactly what is entered; asked: what the report shown was asked with; sample: the key
// of the sample that stands there; work: what is under way.
const state = { read: null, asked: null, sample: null, work: null };

// Sends a form with a sign of progress; answers null if it was cancelled or failed (then the problem is shown).
async function work(path, makeForm, place, words) {
  stopWork();
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
    return await post(path, makeForm(), controller.signal);
  } catch (error) {
    if (error.name !== "AbortError" && state.work === controller) {
      if (place === "talk" && error.fromServer) find("format-choice").open = true; // its mend may be to choose here
      showProblem(place, error);
    }
    return null;
  } finally {
    done();
    if (state.work === controller) state.work = null;
  }
}

function stopWork() {
  state.work?.abort();
}

// What was read no longer matches what is entered: the later steps go, and the consent with them.
function forgetRead() {
  dropReport();
  state.read = null;
  consent.checked = false;
  forgetSpeakers();
  forgetAnswers();
  for (const step of ["step-speaker", "step-purpose"]) find(step).hidden = true;
}

// What the report shows is no longer what is chosen: it goes, and a line says so where the choice is made.
function dropReport() {
  stopWork();
  if (!reportShown()) return;
  forgetReport();
  state.asked = null;
  find("step-report").hidden = true;
  find("report-gone").hidden = false;
  announce(say("report_gone"));
}

async function read() {
  forgetRead();
  clearProblem(...PLACES);
  find("reloaded").hidden = true;
  const wrong = findWrongSource();
  if (wrong) return showProblem("talk", ...wrong);
  const answer = await work("page/read", sourceForm, "talk", say("reading"));
  if (!answer) return;
  state.read = answer;
  showRead(answer);
  find("step-speaker").hidden = find("step-purpose").hidden = false;
  showConsentWords();
  const counts = { n: number(answer.n_utterances), speakers: number(answer.speakers.length) };
  announce([say("read_done", counts), find("report-gone").hidden ? "" : say("report_gone")].join(" "));
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

// What the fields say now.
function question() {
  const names = chosenSpeakers().map((index) => state.read.speakers[index].name);
  const extras = EXTRAS.filter((option) => find(`with-${option}`).checked);
  return { speakers: JSON.stringify(names), purpose: purpose.value, consent: "yes", extras };
}

async function makeReport(place, asked) {
  let lang;
  const makeForm = () => {
    const form = sourceForm();
    const { extras, ...fields } = asked;
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    for (const option of extras) form.append(option, "yes");
    lang = form.get("lang");
    return form;
  };
  const button = find("estimate");
  button.setAttribute("aria-disabled", "true");
  const answer = await work("page/report", makeForm, place, say("estimating"));
  if (!state.work) button.removeAttribute("aria-disabled");
  if (!answer) return false;
  if (lang !== language()) return makeReport(place, asked); // switched while it was under way
  state.asked = asked;
  find("step-report").hidden = false;
  find("report-gone").hidden = true;
  find("sample-note").hidden = !state.sample;
  await showReport(answer, { isSample: state.sample !== null });
  takeDrops(find("report").contentDocument, hover, takeDropped);
  offerQuestions(shownResults(), { isSample: state.sample !== null });
  announce(say("report_done"));
  return true;
}

function showEntered() {
  showPicks(removePick);
  find("samples").hidden = state.sample === null && !isNothingEntered();
}

function addPicks(picks) {
  if (!picks.length) return;
  if (state.sample) clearAll();
  addToPicks(picks);
  showEntered();
  read();
}

async function takeDropped(transfer) {
  addPicks(await pickDropped(transfer));
}

function removePick(index) {
  if (state.sample) return leaveSample();
  const areLeft = dropPick(index);
  showEntered();
  find("files").focus();
  if (areLeft) read();
  else forgetRead();
}

// Everything as when the page was opened, but for the language.
function clearAll() {
  forgetRead();
  clearProblem(...PLACES);
  find("report-gone").hidden = true; // nothing is left that it was the report of
  state.sample = null;
  clearEntered();
  purpose.value = "";
  for (const option of EXTRAS) find(`with-${option}`).checked = false;
  showEntered();
}

// One click from nothing to a report, by the way of everybody's files: fictional text, one of its speakers, a purpose.
async function showSample(key) {
  const { file, speaker, format: name } = data.samples[key];
  const response = await fetch(`static/${file}`).catch(() => null);
  if (!response?.ok) return showProblem("talk", problem("no_server"));
  clearAll();
  state.sample = key;
  addToPicks(pickFiles([new File([await response.blob()], say(`sample_file_${key}`))]));
  format.value = name;
  showEntered();
  await read();
  if (!state.read || state.sample !== key) return;
  if (speaker) pick([state.read.speakers.findIndex((one) => one.name === speaker)]);
  purpose.value = data.sample_purpose;
  consent.checked = true;
  await estimate();
}

function leaveSample() {
  clearAll();
  find("files").focus({ preventScroll: true });
  find("step-talk").scrollIntoView();
}

function showConsentWords() {
  const key = chosenSpeakers().length > 1 ? "consent_two" : "consent";
  find("consent-label").dataset.text = key;
  find("consent-label").textContent = say(key);
}

// Consent is a person's, and so are their own answers: neither passes on to the next one chosen.
function changePerson() {
  clearProblem("speaker");
  dropReport();
  consent.checked = false;
  forgetAnswers();
  showConsentWords();
}

function changePurpose() {
  clearProblem("purpose");
  dropReport();
  if (purposeForbidden()) showProblem("purpose", forbidden(), purpose);
}

function changeText() {
  clearProblem("talk");
  if (state.sample) {
    const text = pasted.value; // what somebody writes beside a sample stays; the sample goes
    clearAll();
    pasted.value = text;
  } else if (state.read) {
    forgetRead();
  }
  showEntered();
}

// The same people and the same consent: only what the report holds is another.
function changeExtras() {
  if (reportShown()) makeReport("report", question());
}

// It is two people's talk after all: each line needs its name.
function denyMonologue() {
  forgetRead();
  find("format-choice").open = true;
  showProblem("talk", problem("needs_names"), pasted);
}

async function changeLanguage(chosen) {
  if (chosen === language()) return;
  speak(chosen);
  clearProblem(...PLACES);
  showEntered();
  if (state.read) showRead(state.read);
  if (purposeForbidden()) {
    const focused = document.activeElement;
    showProblem("purpose", forbidden(), purpose);
    focused.focus({ preventScroll: true });
  }
  if (reportShown()) await makeReport("report", state.asked);
}

function hover(isOver) {
  document.documentElement.classList.toggle("drop-over", isOver);
}

function listen(id, type, action) {
  find(id).addEventListener(type, action);
}

listen("files", "change", (event) => { const picks = pickFiles(event.target.files); event.target.value = ""; addPicks(picks); });
listen("folder", "change", (event) => { const picks = pickFolder(event.target.files); event.target.value = ""; addPicks(picks); });
listen("read", "click", read);
listen("estimate", "click", estimate);
listen("print", "click", () => window.print());
listen("pasted", "input", changeText);
listen("format", "change", () => { if (!isNothingEntered()) read(); });
listen("monologue-no", "click", denyMonologue);
listen("sample-leave", "click", leaveSample);
for (const id of ["speakers", "with"]) listen(id, "change", changePerson);
listen("purpose", "change", changePurpose);
listen("consent", "change", () => { clearProblem("consent"); dropReport(); });
for (const option of EXTRAS) listen(`with-${option}`, "change", changeExtras);
for (const [name, action] of [["sample", showSample], ["lang", changeLanguage], ["save", save]]) {
  for (const button of document.querySelectorAll(`[data-${name}]`)) {
    button.addEventListener("click", () => action(button.dataset[name]));
  }
}
takeDrops(document, hover, takeDropped);
find("folder").webkitdirectory = true; // no attribute of the HTML standard
find("folder-choice").hidden = !("webkitdirectory" in HTMLInputElement.prototype);
find("reloaded").hidden = performance.getEntriesByType("navigation")[0]?.type !== "reload";
