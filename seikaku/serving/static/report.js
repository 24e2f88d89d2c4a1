// The report in its frame, and the ways to take it along. The frame runs no script and loads nothing.

const frame = document.getElementById("report");
const TYPES = { html: "text/html", json: "application/json", csv: "text/csv" };
const BOM = "\uFEFF"; // without it a Japanese spreadsheet program takes UTF-8 for Shift_JIS
let shown = null;

// Puts the report into the page; resolves when it stands at its height.
export function showReport(answer, nSpeakers) {
  shown = answer;
  frame.style.setProperty("--printed-height", `${277 * nSpeakers}mm`);
  document.documentElement.classList.add("printable");
  return new Promise((done) => {
    frame.addEventListener("load", () => done(follow()), { once: true });
    frame.srcdoc = answer.html;
  });
}

export function forgetReport() {
  shown = null;
  frame.removeAttribute("srcdoc");
  document.documentElement.classList.remove("printable");
}

export function reportShown() {
  return shown !== null;
}

export function save(kind) {
  const parts = { html: [shown.html], json: [JSON.stringify(shown.json, null, 2), "\n"], csv: [BOM, shown.csv] }[kind];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: `${TYPES[kind]};charset=utf-8` }));
  link.download = `seikaku-report.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function print() {
  frame.contentWindow.print();
}

// The frame is as tall as the report, so that the page has one scroll bar.
function follow() {
  const body = frame.contentDocument.body;
  const fit = () => {
    if (!matchMedia("print").matches) frame.style.height = `${Math.ceil(body.getBoundingClientRect().height)}px`;
  };
  fit();
  new ResizeObserver(fit).observe(body);
}
