// Requests to the server that sent this page. Out: its JSON, or a Problem that says what happened and the mend.

import { language, say } from "./words.js";

export class Problem extends Error {
  // `lang`: the language of the two sentences. `fromServer`: they are the server's, about what it was sent.
  constructor(what, mend, { lang = language(), fromServer = false } = {}) {
    super(what);
    Object.assign(this, { what, mend, lang, fromServer });
  }
}

export function problem(key, values) {
  return new Problem(say(key, values), say(`${key}_mend`, values));
}

// Posts a form. An abort passes through as AbortError; everything else that goes wrong is a Problem.
export async function post(path, form, signal) {
  const headers = { "Accept-Language": language() }; // the language chosen here, not that of the browser
  let response, answer;
  try {
    response = await fetch(path, { method: "POST", body: form, signal, headers, cache: "no-store" });
    answer = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw problem("no_server");
  }
  const value = parse(answer);
  if (response.ok && value) return value;
  if (value?.detail && value?.mend) {
    const lang = response.headers.get("Content-Language") ?? "ja";
    throw new Problem(value.detail, value.mend, { lang, fromServer: true });
  }
  throw problem("problem_server", { status: response.status });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
