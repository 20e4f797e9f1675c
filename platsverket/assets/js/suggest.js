// A field whose names are suggested while one types: the combobox pattern of ARIA. The field alone does without.
const WAIT = 200;
let count = 0;

function suggesting(input) {
  const list = Object.assign(document.createElement("ul"), { id: `suggestions-${(count += 1)}`, className: "suggestions", hidden: true });
  const said = Object.assign(document.createElement("p"), { className: "ds-sr-only" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", document.querySelector(`label[for="${input.id}"]`).textContent.trim());
  said.setAttribute("role", "status");
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
  input.autocomplete = "off"; // only here: the browser gives back what was typed to other fields alone
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  const box = Object.assign(document.createElement("div"), { className: "suggested" });
  input.before(box);
  box.append(input, list, said);
  let timer, asked, active = -1;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = index;
    for (const [i, option] of [...list.children].entries()) option.setAttribute("aria-selected", String(i === active));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  };
  const choose = (option) => {
    input.value = option.dataset.label;
    close();
    input.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "chosen" }));
  };
  const show = ({ places, said: text }) => {
    list.replaceChildren(
      ...places.map(({ label, kind }, i) => {
        const option = Object.assign(document.createElement("li"), { id: `${list.id}-${i}` });
        const note = Object.assign(document.createElement("span"), { className: "note", textContent: kind });
        option.setAttribute("role", "option");
        option.dataset.label = label;
        option.append(label, " ", note);
        return option;
      }),
    );
    said.textContent = text;
    mark(-1);
    list.hidden = !places.length;
    input.setAttribute("aria-expanded", String(places.length > 0));
  };
  const ask = async () => {
    const text = (asked = input.value.trim());
    if (!text) return close();
    try {
      const answer = await fetch(`${input.dataset.suggest}?text=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected && asked === input.value.trim() && document.activeElement === input) show(await answer.json());
    } catch {
      close(); // without suggestions the field is a field like any other
    }
  };

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.detail !== "chosen") timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    const last = list.children.length - 1;
    const steps = { ArrowDown: active < last ? active + 1 : 0, ArrowUp: active > 0 ? active - 1 : last };
    if (list.hidden) {
      if (event.key !== "ArrowDown" || !input.value.trim()) return;
      ask();
    } else if (event.key in steps) mark(steps[event.key]);
    else if (event.key === "Enter" && active >= 0) choose(list.children[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    close();
  });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const option = event.target.closest("li");
    if (option) choose(option);
  });
}

for (const input of document.querySelectorAll("input[data-suggest]")) suggesting(input);
