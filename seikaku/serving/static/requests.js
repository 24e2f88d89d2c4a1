// Requests to the server that sent this page. Out: its JSON, or a Problem that says what happened and the mend.

import { say } from "./words.js";

export class Problem extends Error {
  // `serverWords` are true where `what` and `mend` are the server's, which speaks Japanese only.
  constructor(what, mend, { lead = "", serverWords = false } = {}) {
    super(what);
    Object.assign(this, { what, mend, lead, serverWords });
  }
}

export function problem(key, values) {
  return new Problem(say(key, values), say(`${key}_mend`, values));
}

// Posts a form. An abort passes through as AbortError; everything else that goes wrong is a Problem.
export async function post(path, form, signal) {
  let response, answer;
  try {
    response = await fetch(path, { method: "POST", body: form, signal, cache: "no-store" });
    answer = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw problem("no_server");
  }
  const value = parse(answer);
  if (response.ok && value) return value;
  if (value?.detail && value?.mend) {
    throw new Problem(value.detail, value.mend, { lead: say(leadOf(response.status)), serverWords: true });
  }
  throw problem("problem_server", { status: response.status });
}

function leadOf(status) {
  if (status === 429 || status === 503) return "problem_busy";
  if (status === 413) return "problem_large";
  if (status === 408 || status === 504) return "problem_slow";
  return status === 400 || status === 422 ? "problem_input" : "problem_request";
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
