// Files out of a chooser or of what was dropped, folders with all that is in them. Out: picks, one for each thing chosen:
// { name, isFolder, files: [{ file, path }], leftOut }. Nothing is opened here.

import { data } from "./words.js";

const HIDDEN = /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$)/i;

export function pickFiles(files) {
  return [...files].map((file) => ({ name: file.name, isFolder: false, files: [{ file, path: file.name }], leftOut: 0 }));
}

// What <input webkitdirectory> holds: the files of one folder, each with its path.
export function pickFolder(files) {
  if (!files.length) return [];
  const all = [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  return [makeFolder(all[0].path.split("/")[0], all)];
}

// What was dropped. The entries are gone as soon as the event is over, so they are taken before anything is waited for.
export async function pickDropped(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.());
  const files = [...transfer.files].map(own);
  if (!entries.some((entry) => entry?.isDirectory)) return pickFiles(files);
  const picks = [];
  for (const entry of entries) {
    if (entry?.isDirectory) picks.push(makeFolder(entry.name, await walk(entry, [])));
    else if (entry) picks.push(...pickFiles([await fileOf(entry)]));
  }
  return picks;
}

export function countFiles(picks) {
  return picks.reduce((sum, pick) => sum + pick.files.length, 0);
}

// Lets files fall anywhere in a document; text that is dragged about stays the browser's. `over(true)` while they hover.
export function takeDrops(page, over, take) {
  const withFiles = (action) => (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault(); // else the browser would open the file and leave the page
    action(event);
  };
  page.addEventListener("dragover", withFiles(() => over(true)));
  page.addEventListener("dragleave", withFiles((event) => { if (!event.relatedTarget) over(false); }));
  page.addEventListener("drop", withFiles((event) => { over(false); take(event.dataTransfer); }));
}

// Hidden files are no part of a folder; of the others only those are taken that may hold a conversation.
function makeFolder(name, all) {
  const seen = all.filter(({ path }) => !path.split("/").some((part) => HIDDEN.test(part)));
  const files = seen.filter(({ path }) => data.suffixes.some((suffix) => path.toLowerCase().endsWith(suffix)));
  files.sort((one, other) => (one.path < other.path ? -1 : 1));
  return { name, isFolder: true, files, leftOut: seen.length - files.length };
}

// All files below a folder; it stops looking when there are far more than can be sent.
async function walk(folder, found) {
  const reader = folder.createReader();
  for (;;) {
    const batch = await new Promise((done, fail) => reader.readEntries(done, fail)).catch(() => []);
    if (!batch.length) return found;
    for (const entry of batch) {
      if (HIDDEN.test(entry.name)) continue;
      if (found.length > 10 * data.max_files) return found;
      if (entry.isDirectory) await walk(entry, found);
      else found.push({ file: await fileOf(entry), path: entry.fullPath.replace(/^\//, "") });
    }
  }
}

// A file that cannot be opened stands there empty, and is refused by its name when it is read.
function fileOf(entry) {
  return new Promise((done) => entry.file((file) => done(own(file)), () => done(new File([], entry.name))));
}

// The same file, of this page: what falls on the report is of its frame, and ends when the report goes.
function own(file) {
  return new File([file], file.name);
}
