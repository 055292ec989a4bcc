// The page of a person: reads the form, asks the service that it came from, shows what it says.

const form = document.getElementById("row");
const answer = document.getElementById("answer");
const key = document.getElementById("key");
const path = answer.dataset.explains === "1" ? "predict?explain=true" : "predict";
const MOST_REASONS = 10;
const fields = [...form.querySelectorAll("[data-sends]")];
let asking = new AbortController();

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function written(number) {
  const digits = Math.abs(number) >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 };
  return number.toLocaleString("en", digits);
}

function percent(share) {
  return share.toLocaleString("en", { style: "percent", maximumFractionDigits: 1 });
}

function headers() {
  return key?.value ? { authorization: `Bearer ${key.value.trim()}` } : {};
}

// Errors stand beside their field and are read with it.

function mark(field, problem) {
  document.getElementById(`${field.id}-error`).textContent = problem;
  field.setAttribute("aria-invalid", "true");
}

function unmark(field) {
  document.getElementById(`${field.id}-error`).textContent = "";
  field.removeAttribute("aria-invalid");
}

function refuse(sentence, problems = []) {
  const beside = problems.filter(({ field, problem }) => {
    const found = fields.find((each) => each.name === field);
    if (found) mark(found, problem);
    return found;
  });
  const others = problems.filter((each) => !beside.includes(each));
  const count = beside.length === 1 ? "One field does" : `${beside.length} fields do`;
  answer.replaceChildren(element("p", { className: "bad" }, beside.length ? `${count} not fit.` : sentence));
  if (beside.length && others.length) {
    const lines = others.map(({ field, problem }) => element("li", {}, `${field} ${problem}`));
    answer.append(element("ul", { className: "notes" }, ...lines));
  }
  document.getElementById("program").hidden = true;
  form.querySelector("[aria-invalid=true]")?.focus();
}

// The row, as JSON has it.

function read(field) {
  if (field.dataset.sends === "number") return Number(field.value);
  if (field.dataset.sends === "boolean") return field.value === "true";
  return field.value;
}

function readRow() {
  const row = {};
  const problems = [];
  for (const field of fields) {
    const number = field.dataset.sends === "number";
    if (field.validity.badInput || (number && !Number.isFinite(Number(field.value)))) {
      problems.push({ field: field.name, problem: number ? "must be a number" : "is not complete" });
    } else if (field.value.trim() !== "") {
      row[field.name] = read(field);
    } else if (field.dataset.null === "1") {
      row[field.name] = null;
    }
  }
  return { row, problems };
}

// The answer.

function interval(value, { lower, upper, level }) {
  const sentence = `${percent(level)} of such intervals hold the true value`;
  const point = element("span", { className: "point" });
  point.style.left = `${upper > lower ? (100 * (value - lower)) / (upper - lower) : 50}%`;
  const rail = element("div", { className: "rail" }, point);
  rail.setAttribute("aria-hidden", "true");
  const ends = [element("span", {}, written(lower)), element("span", { ariaHidden: "true" }, "to"), element("span", {}, written(upper))];
  return element(
    "div",
    { className: "interval" },
    rail,
    element("div", { className: "ends" }, ...ends),
    element("p", { className: "small" }, sentence),
  );
}

function shares(probabilities, { classes, level }) {
  const sorted = Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
  const lines = sorted.map(([name, share]) => {
    const fill = element("span", { className: "fill" });
    fill.style.width = `${100 * share}%`;
    const rail = element("span", { className: "rail", ariaHidden: "true" }, fill);
    return element("li", {}, element("span", {}, name), rail, element("span", { className: "share" }, percent(share)));
  });
  const sentence = `${percent(level)} of such sets hold the true value: ${classes.join(", ")}`;
  return element(
    "div",
    {},
    element("ul", { className: "shares" }, ...lines),
    element("p", { className: "small" }, sentence),
  );
}

function reasons({ base, contributions }, value) {
  const { entity, task } = answer.dataset;
  const told = task === "regression" ? written : percent;
  const signed = (added) => (added > 0 ? `+${told(added)}` : told(added).replace("-", "\u2212"));
  const sorted = Object.entries(contributions).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const shown = sorted.slice(0, MOST_REASONS).filter(([, added]) => added !== 0);
  const rest = sorted.slice(shown.length).reduce((sum, [, added]) => sum + added, 0);
  if (rest !== 0) shown.push([`${sorted.length - shown.length} more`, rest]);
  const largest = Math.max(...shown.map(([, added]) => Math.abs(added)));
  const lines = shown.map(([name, added]) => {
    const fill = element("span", { className: added > 0 ? "fill more" : "fill less" });
    fill.style.width = `${(50 * Math.abs(added)) / largest}%`;
    const rail = element("span", { className: "rail", ariaHidden: "true" }, fill);
    return element("li", {}, element("span", {}, name), rail, element("span", { className: "added" }, signed(added)));
  });
  const sentence = `Any ${entity} is expected at ${told(base)}; what is known of this one makes it ${told(value)}:`;
  return element(
    "details",
    { open: true },
    element("summary", {}, "Why"),
    element("p", { className: "small" }, sentence),
    element("ul", { className: "reasons" }, ...lines),
  );
}

function show(reply) {
  const { task, target, label, unit } = answer.dataset;
  const value = reply[target];
  const regression = task === "regression";
  const headline = element("p", { className: "value" }, regression ? written(value) : String(value));
  if (regression && unit) headline.append(" ", element("small", {}, unit));
  answer.replaceChildren(
    element("p", { className: "soft" }, label),
    headline,
    regression ? interval(value, reply.confidence_interval) : shares(reply.probabilities, reply.prediction_set),
  );
  if (reply.explanation) answer.append(reasons(reply.explanation, regression ? value : reply.probability));
  if (reply.warnings.length) {
    const lines = reply.warnings.map((each) => element("li", {}, each));
    const notes = element("ul", { className: "notes" }, ...lines);
    notes.setAttribute("aria-label", "Warnings");
    answer.append(notes);
  }
  const stand = reply.served_by === "fallback" ? ", by the fallback: the model itself is failing" : "";
  answer.append(element("p", { className: "small" }, `By ${reply.model_version}${stand}. Prediction ${reply.prediction_id}`));
}

function showProgram(row, reply) {
  const url = new URL(path, document.baseURI);
  const body = JSON.stringify(row).replaceAll("'", "'\\''");
  const authorization = key ? ` \\\n  -H "Authorization: Bearer $KEY"` : "";
  document.getElementById("curl").textContent =
    `curl -s '${url}' -H 'content-type: application/json'${authorization} \\\n  -d '${body}'`;
  document.getElementById("json").textContent = JSON.stringify(reply, null, 2);
  document.getElementById("program").hidden = false;
}

async function ask(row) {
  asking.abort();
  asking = new AbortController();
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers() },
    body: JSON.stringify(row),
    signal: asking.signal,
  });
  const reply = await response.json();
  if (response.ok) {
    show(reply);
    showProgram(row, reply);
    answer.parentElement.scrollIntoView({ block: "nearest" });
  } else if (key && (response.status === 401 || response.status === 403)) {
    refuse("The key is not accepted.");
    mark(key, reply.detail);
    key.focus();
  } else {
    refuse(reply.detail ?? reply.title ?? "The service refused.", reply.errors);
  }
}

// What the service says of itself.

async function showLatency() {
  if (key && !key.value) return;
  const response = await fetch("stats", { headers: headers() });
  if (!response.ok) return;
  const { latency_ms: latency, requests } = await response.json();
  const found = latency["/predict"];
  if (!found?.requests) return;
  const rows = [
    ["Half within", `${written(found.p50)} ms`],
    ["95 % within", `${written(found.p95)} ms`],
    ["99 % within", `${written(found.p99)} ms`],
    ["Single predictions", found.requests.toLocaleString("en")],
    ["All requests", requests.toLocaleString("en")],
  ];
  const lines = rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  document.getElementById("latency").replaceChildren(element("dl", { className: "facts" }, ...lines));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  [...fields, ...(key ? [key] : [])].forEach(unmark);
  const { row, problems } = readRow();
  if (problems.length) {
    refuse("", problems);
    return;
  }
  // A header of an HTTP request holds nothing else.
  if (key && !/^[\x21-\x7e]+$/.test(key.value.trim())) {
    refuse("A key is needed.");
    mark(key, key.value ? "is not a key" : "is needed");
    key.focus();
    return;
  }
  try {
    await ask(row);
    await showLatency();
  } catch (problem) {
    if (problem.name !== "AbortError") refuse("The service cannot be reached.");
  }
});

form.addEventListener("reset", () => fields.forEach(unmark));

document.getElementById("clear").addEventListener("click", () => {
  fields.forEach((field) => {
    unmark(field);
    field.value = "";
  });
  fields[0]?.focus();
});

showLatency().catch(() => {});
