// The page's words in the language chosen. In: the data that the server wrote into the page. Effect: the page's texts
// and its address.

export const data = JSON.parse(document.getElementById("page-data").textContent);

const TARGETS = [
  ["text", (element, words) => { element.textContent = words; }],
  ["label", (element, words) => { element.setAttribute(element.tagName === "OPTGROUP" ? "label" : "aria-label", words); }],
  ["placeholder", (element, words) => { element.placeholder = words; }],
  ["title", (element, words) => { element.title = words; }],
];

export function language() {
  return document.documentElement.lang;
}

// The words for a key, with {names} filled in.
export function say(key, values = {}) {
  return data.words[key][language()].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function number(value) {
  return value.toLocaleString(language());
}

// Puts every fixed text of the page into the language.
export function speak(chosen) {
  document.documentElement.lang = chosen;
  for (const [target, put] of TARGETS) {
    for (const element of document.querySelectorAll(`[data-${target}]`)) put(element, say(element.dataset[target]));
  }
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === chosen));
  }
  for (const link of document.querySelectorAll("a[data-with-lang]")) link.search = `?lang=${chosen}`;
  const address = new URL(location.href);
  address.searchParams.set("lang", chosen); // so that a reload, a bookmark and a link keep the choice
  history.replaceState(history.state, "", address);
}

// An element with a class and text or children: the only way in which this page builds markup, so no text is parsed.
export function build(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}
