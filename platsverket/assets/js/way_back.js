// The browser's way back shows a form as it was left. What is typed stands in the entry of this tab's history and
// nowhere else, and is given back to whoever typed it alone: pages are not kept, so that none is read after signing out.
const form = document.querySelector("form[data-typist]");

function fields() {
  return [...form.elements].filter((one) => one.name && one.matches("input:not([type=hidden], [type=image], [type=password]), select, textarea"));
}

function ticked(one) {
  return one.type === "checkbox" || one.type === "radio";
}

function note() {
  const values = fields().map((one) => [one.name, ticked(one) ? one.value : "", ticked(one) ? one.checked : one.value]);
  // htmx writes its own state over an entry that does not yet bear its mark.
  history.replaceState({ htmx: true, ...history.state, typed: { typist: form.dataset.typist, values } }, "");
}

function giveBack(values) {
  for (const [name, value, held] of values) {
    const one = fields().find((field) => field.name === name && (!ticked(field) || field.value === value));
    if (!one) continue;
    if (ticked(one)) one.checked = held;
    else one.value = held;
  }
}

if (form) {
  const left = history.state?.typed;
  const [arrival] = performance.getEntriesByType("navigation");
  if (left?.typist === form.dataset.typist && arrival?.type === "back_forward") giveBack(left.values);
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(note, 300);
  });
  form.addEventListener("submit", note);
}
