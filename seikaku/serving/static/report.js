// The report in its frame, and the ways to take it along. The frame runs no script and loads nothing.

const frame = document.getElementById("report");
const TYPES = { html: "text/html", json: "application/json", csv: "text/csv" };
const ownStyle = document.querySelector("link[rel=stylesheet]");
const printed = document.createElement("div");
let shown = null;

// Puts the report into the page; resolves when it stands at its height. A report of somebody's own text asks before it
// is lost with the page, until it has been taken along.
export function showReport(answer, { isSample }) {
  if (shown === null && !isSample) addEventListener("beforeunload", askToStay);
  shown = answer;
  return new Promise((done) => {
    frame.addEventListener("load", () => done(follow()), { once: true });
    frame.srcdoc = answer.html;
  });
}

export function forgetReport() {
  shown = null;
  removeEventListener("beforeunload", askToStay);
  frame.removeAttribute("srcdoc");
}

export function reportShown() {
  return shown !== null;
}

// The JSON results of the people in the report, one or two.
export function shownResults() {
  return shown.json.results;
}

function askToStay(event) {
  event.preventDefault();
}

export function save(kind) {
  const parts = { html: [shown.html], json: [JSON.stringify(shown.json, null, 2), "\n"], csv: [shown.csv] }[kind];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: `${TYPES[kind]};charset=utf-8` }));
  link.download = `seikaku-report.${kind}`;
  link.click();
  removeEventListener("beforeunload", askToStay);
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// Paper shows the report and nothing else, however printing begins. A frame would be cut into slices at the page ends,
// so the report itself stands in the page while it prints.
addEventListener("beforeprint", () => {
  if (shown === null || printed.isConnected) return;
  const report = new DOMParser().parseFromString(shown.html, "text/html");
  const content = [...report.head.querySelectorAll("style"), ...report.body.children];
  printed.replaceChildren(...content.map((element) => document.importNode(element, true)));
  setAside(true);
  document.body.append(printed);
});

addEventListener("afterprint", () => {
  if (!printed.isConnected) return;
  removeEventListener("beforeunload", askToStay);
  printed.remove();
  setAside(false);
});

function setAside(aside) {
  ownStyle.sheet.disabled = aside;
  for (const element of document.body.children) element.style.display = aside ? "none" : "";
}

// The frame is as tall as the report, so that the page has one scroll bar.
function follow() {
  const { body } = frame.contentDocument;
  const fit = () => { frame.style.height = `${Math.ceil(body.getBoundingClientRect().height)}px`; };
  fit();
  new ResizeObserver(fit).observe(body);
  body.addEventListener("click", followLink);
}

// A link within the report would load this page into the frame: srcdoc takes the page's address for its own.
function followLink(event) {
  const link = event.target.closest("a[href^='#']");
  if (!link) return;
  event.preventDefault();
  const target = frame.contentDocument.getElementById(link.hash.slice(1));
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  target.scrollIntoView();
}
